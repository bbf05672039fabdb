"""Tests of write-backs."""
