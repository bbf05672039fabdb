"""Tests of `nexus.sync`."""
