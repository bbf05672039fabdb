"""Colyseus' own state format, and the primitives of all its frames."""

from __future__ import annotations

from nexus.wire.colyseus.cells import MapCells, Outcome
from nexus.wire.colyseus.encoder import SchemaEncoder

__all__ = ["MapCells", "Outcome", "SchemaEncoder"]
