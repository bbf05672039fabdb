"""Tests of `nexus.match`."""
