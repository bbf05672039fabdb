"""The `nexus` command: what a game's author runs beside `twistd nexus`."""

from __future__ import annotations

from nexus.cli.declaration import declarations
from nexus.cli.init import create_project

__all__ = ["create_project", "declarations"]
