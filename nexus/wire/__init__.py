"""State and messages as bytes: our own format, the peer's, and payloads."""

from __future__ import annotations

__all__: list[str] = []
