"""Rooms that outlive their Node, seen by those who return to them."""
