"""The bytes of Colyseus' own state format, and the primitives of all its frames."""
