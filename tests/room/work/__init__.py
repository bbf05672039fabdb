"""Tests of `nexus.room.work`."""
