"""A Node that is killed again and again, and what its clients say about it."""
