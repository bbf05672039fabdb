"""Tests of `nexus.page`."""
