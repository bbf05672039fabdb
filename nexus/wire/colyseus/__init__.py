"""The bytes of Colyseus' own state format, and the primitives of all its frames."""

from __future__ import annotations

__all__: list[str] = []
