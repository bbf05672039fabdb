"""What a Node says over plain HTTP."""

from __future__ import annotations

from nexus.api.cors import ANY_ORIGIN, Crossing
from nexus.api.health import Health
from nexus.api.matchmake import Matchmake
from nexus.api.resource import JSONResource, Missing, Root, Site

__all__ = [
    "ANY_ORIGIN",
    "Crossing",
    "Health",
    "JSONResource",
    "Matchmake",
    "Missing",
    "Root",
    "Site",
]
