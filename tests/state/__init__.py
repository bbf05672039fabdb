"""Tests of `nexus.state`."""
