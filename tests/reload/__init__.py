"""Tests of `nexus.reload`."""
