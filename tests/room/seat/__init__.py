"""Tests of `nexus.room.seat`."""
