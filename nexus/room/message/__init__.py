"""Messages: what an author listens for, who is called, and what is answered."""

from nexus.room.message.message import on_bytes, on_message

__all__ = ["on_bytes", "on_message"]
