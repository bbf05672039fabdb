"""Tests of `nexus.testing`."""
