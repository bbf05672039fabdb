"""The earth and maps: distances, boxes, Cells, and which moves are possible."""

from __future__ import annotations

from nexus.geo.block import Blocks
from nexus.geo.distance import EARTH, Box, box, destination, distance
from nexus.geo.globe import Globe
from nexus.geo.motion import GlobeMotion, Motion, Moved, Obstacle, Track

__all__ = [
    "EARTH",
    "Blocks",
    "Box",
    "Globe",
    "GlobeMotion",
    "Motion",
    "Moved",
    "Obstacle",
    "Track",
    "box",
    "destination",
    "distance",
]
