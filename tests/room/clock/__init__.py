"""Tests of `nexus.room.clock`."""
