"""Tables: alike entities by the thousand or the million, in numpy columns."""

from nexus.state.table.entity import Entity
from nexus.state.table.table import Table

__all__ = ["Entity", "Table"]
