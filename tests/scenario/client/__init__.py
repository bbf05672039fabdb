"""What games go through that are built with our own clients, or run in a browser."""
