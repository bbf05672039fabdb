"""What games built with the official SDKs go through, served by a real Node."""
