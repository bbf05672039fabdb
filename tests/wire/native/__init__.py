"""Tests of `nexus.wire.native`."""
