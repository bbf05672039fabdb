"""What it costs to tell a crowd of what is near, against a Colyseus 0.18 room.

The same world on both sides: entities on a plane, each tick a tenth of them takes a
step, and 500 clients walk about, of which each is told what stands in the Cells around
it. Measured is the CPU of a tick: writing the new positions, finding what enters and
leaves each client's sight, the bytes for each client, and sending them over TCP to
another process. The peer does the same with a StateView a client, a grid, the
serializer of its rooms and their transport. Beside that stands what it takes up to the
sending.

What clients say, such as which version they applied, is not read here; `bench load` has
all of that.
"""

from __future__ import annotations

from bench.near import contest, million

__all__ = ["run"]


def run() -> None:
    """Print the figures."""
    contest.run()
    million.run()
