"""Tests of `nexus.room.message`."""
