"""What it costs to tell a crowd of what is near, against a Colyseus 0.18 room.

The same world on both sides: entities on a plane, each tick a tenth of them takes a
step, and 500 clients walk about, of which each is told what stands in the Cells around
it. Measured is the CPU of a tick: writing the new positions, finding what enters and
leaves each client's sight, and the bytes for each client, handed to a sink. The peer
does the same with a StateView a client, a grid, and the serializer of its rooms.
Sockets are left out on both sides.
"""

from __future__ import annotations

from bench.near import contest, million

__all__ = ["run"]


def run() -> None:
    """Print the figures."""
    contest.run()
    million.run()
