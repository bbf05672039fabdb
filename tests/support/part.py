"""Parts that a laptop may lack, and CI may not: Node.js and npm packages."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

__all__ = ["find_missing", "insist", "packages"]


def packages() -> Path:
    """Return the folder that the npm packages of the tests are in."""
    told = os.environ.get("NEXUS_NODE_MODULES")
    return Path(told) if told else Path(__file__).parents[1] / "node_modules"


def find_missing(*names: str) -> str | None:
    """Tell what keeps code from running that needs these npm packages, if anything."""
    if shutil.which("node") is None:
        return "node is not installed"
    for name in names:
        if not (packages() / name).is_dir():
            return f"{name} is not installed: run npm ci in tests/"
    return None


def insist(reason: str | None) -> str | None:
    """Give back the reason to skip a test, None for none.

    Raises:
        RuntimeError: There is one although this is a CI run, which must not pass for
            having skipped its tests.
    """
    if reason is not None and os.environ.get("CI"):
        raise RuntimeError(reason)
    return reason
