"""Tests of the bytes that are Colyseus' own."""
