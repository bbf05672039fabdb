"""Tests of `nexus.journal`."""
