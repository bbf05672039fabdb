"""Tests of `nexus.compiled`: C does what Python does, and refuses what it cannot."""
