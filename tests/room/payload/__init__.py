"""Tests of `nexus.room.payload`."""
