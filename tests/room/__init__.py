"""Tests of `nexus.room`."""
