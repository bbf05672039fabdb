"""Apps to start from, and to test with."""
