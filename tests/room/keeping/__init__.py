"""Tests of `nexus.room.keeping`."""
