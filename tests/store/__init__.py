"""Tests of `nexus.store`."""
