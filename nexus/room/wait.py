"""Waiting for what an author's plain or `async` code returned."""

from __future__ import annotations

from collections.abc import Callable
from inspect import isawaitable
from typing import Any

__all__ = ["invoke", "settle"]


async def settle(result: Any) -> Any:
    """Wait for a result, if it is something to wait for."""
    if result is not None and isawaitable(result):
        return await result
    return result


async def invoke(call: Callable[..., Any], *arguments: Any) -> Any:
    """Call something, and wait for what it returns."""
    return await settle(call(*arguments))
