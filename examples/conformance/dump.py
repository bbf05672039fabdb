"""What a State holds, as plain values: the truth that clients are compared with."""

from __future__ import annotations

from typing import Any

from nexus import List, Map, Set, State

__all__ = ["plain", "whole"]


def plain(value: Any) -> Any:
    """Return a State as dicts, lists and values."""
    if isinstance(value, State):
        names = type(value).__annotations__
        return {name: plain(getattr(value, name)) for name in names}
    if isinstance(value, Map):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, List | Set):
        return [plain(item) for item in value]
    return value


def whole(value: Any) -> Any:
    """Return a value with an int where JavaScript had one beyond 32 bits.

    There it is a number like any other, and so it arrives as a float.
    """
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value
