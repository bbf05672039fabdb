"""Tests of `nexus.match.keeper`."""
