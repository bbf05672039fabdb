"""Tests of `nexus.match.builtin`."""
