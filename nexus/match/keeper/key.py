"""Keys: what only one Room of a kind is kept for, as text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from nexus.match.catalog import Kind

__all__ = ["key_text"]


def key_text(kind: Kind, options: Mapping[str, Any]) -> str | None:
    """Write what there is only one Room of a kind for; None: there may be many."""
    if not kind.unique_by:
        return None
    values = [_alike(options.get(name)) for name in kind.unique_by]
    return json.dumps(values, sort_keys=True, separators=(",", ":"), default=repr)


def _alike(value: Any) -> Any:
    """Return the same for numbers that are equal."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {str(name): _alike(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_alike(each) for each in value]
    return value
