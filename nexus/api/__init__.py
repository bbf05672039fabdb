"""What a Node says over plain HTTP."""

from __future__ import annotations

from nexus.api.health import Health
from nexus.api.resource import JSONResource, Missing, Root, Site

__all__ = ["Health", "JSONResource", "Missing", "Root", "Site"]
