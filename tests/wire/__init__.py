"""Tests of the bytes: frames, messages, and state on the wire."""
