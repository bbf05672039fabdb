"""Tests of `nexus.room.fanout`."""
