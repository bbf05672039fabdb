"""Tests of `nexus.state.table`."""
