"""Tests of `nexus.sim`."""
