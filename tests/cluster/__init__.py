"""Tests of `nexus.cluster`."""
