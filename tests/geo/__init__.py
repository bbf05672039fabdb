"""Tests of `nexus.geo`."""
