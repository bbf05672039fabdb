"""Tests of `nexus.cli`."""
