"""Tests of `nexus.room.space`."""
