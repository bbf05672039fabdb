"""Tests of sockets: without a network, and over the loopback address."""
