"""Tests of `nexus.archive`."""
