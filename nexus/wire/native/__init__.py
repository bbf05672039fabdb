"""The `nexus` state format: versioned msgpack patches, written in columns."""
