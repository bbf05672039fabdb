"""What durability costs: answers that wait for the disk, journals, and Rooms' return.

Each figure is of a process of its own, on a database of its own that is thrown away: a
file on the disk that /tmp is on, and a PostgreSQL server that is started for it.
"""

from __future__ import annotations

from bench.durable.parts import run

__all__ = ["run"]
