"""What bots want: the next orb, and now and then somebody else's."""

from __future__ import annotations

from math import hypot
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from examples.arena.body import Body
    from examples.arena.room import Arena

__all__ = ["choose"]

#: A bot thinks about once in so many steps; in between it keeps its course.
_CALM: Final = 12
#: How near somebody has to be to be worth a rush.
_NEAR: Final = 150.0


def choose(arena: Arena, key: str, body: Body) -> None:
    """Let a bot decide, now and then, where to go."""
    if arena.random.randrange(_CALM):
        return
    # What is worth five may be five times as far away.
    orb = min(
        arena.state.orbs.values(),
        key=lambda each: body.distance(each.x, each.y) / each.worth,
        default=None,
    )
    if orb is not None:
        x, y = orb.x - body.x, orb.y - body.y
        length = hypot(x, y) or 1.0
        # Not all of its strength: people are to have a chance.
        body.steer(0.7 * x / length, 0.7 * y / length)
    for other, player in arena.state.players.items():
        if other == key or player.score < 10:
            continue
        if body.distance(player.x, player.y) < _NEAR and not arena.random.randrange(8):
            body.steer((player.x - body.x) / _NEAR, (player.y - body.y) / _NEAR)
            body.dash()
            return
