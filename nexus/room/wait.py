"""Waiting for what an author's plain or `async` code returned."""

from __future__ import annotations

from collections.abc import Callable
from inspect import isawaitable
from typing import Any

__all__ = ["invoke", "settle"]


async def settle(result: Any) -> Any:
    """Wait for a result, if it is something to wait for."""
    # What hooks return mostly; to ask whether that can be waited for takes longer.
    if result is None or result is True or result is False:
        return result
    return await result if isawaitable(result) else result


async def invoke(call: Callable[..., Any], *arguments: Any) -> Any:
    """Call something, and wait for what it returns."""
    return await settle(call(*arguments))
