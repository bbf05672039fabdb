"""Tests of `nexus.api`."""
