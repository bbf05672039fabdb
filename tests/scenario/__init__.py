"""Whole stories over real sockets and processes."""
