"""The arena: gather orbs, grow, and rush into others to make them lose theirs."""

from __future__ import annotations

from collections.abc import Mapping
from math import cos, pi, sin
from typing import Annotated, Any, Final

from attrs import define
from typing_extensions import override

from examples.arena.body import Body, radius_of
from examples.arena.bot import choose
from examples.arena.world import HEIGHT, WIDTH, Orb, Player, World
from nexus import Client, Range, Room, Step, on_message

__all__ = ["Arena", "Steering"]

_ORBS: Final = 60
#: As long as fewer play, bots fill the places up.
_COMPANY: Final = 6
#: One of so many orbs is worth five.
_RARE: Final = 9
_NAMES: Final = ("Iris", "Juno", "Kepler", "Lyra", "Mira", "Nova", "Orion", "Pax")
#: What of a name is shown.
_NAME: Final = 16
_MOST: Final = 65_535


@define
class Steering:
    """Where a client wants to go; longer than 1 is as good as 1."""

    x: Annotated[float, Range(-1, 1)]
    y: Annotated[float, Range(-1, 1)]


class Arena(Room[World]):
    """Up to 24 play; bots keep them company."""

    max_clients = 24
    patch_interval = 1 / 20

    @override
    def on_create(self, options: Mapping[str, Any]) -> None:
        self.state = World()
        self.bodies: dict[str, Body] = {}
        self._orbs = 0
        self._hue = self.random.randrange(360)
        for _ in range(_ORBS):
            self._scatter()
        self._invite()
        self.set_fixed_timestep(self.step, hz=30)

    @override
    def on_join(self, client: Client, options: Mapping[str, Any]) -> None:
        name = " ".join(str(options.get("name") or "").split())[:_NAME]
        self._enter(client.session_id, name or f"Guest {client.session_id[:3]}")
        self._invite()

    @override
    def on_drop(self, client: Client, code: int) -> None:
        self.state.players[client.session_id].away = True
        self.bodies[client.session_id].steer(0, 0)
        self.allow_reconnection(client, 20)

    @override
    def on_reconnect(self, client: Client) -> None:
        self.state.players[client.session_id].away = False

    @override
    def on_leave(self, client: Client, code: int) -> None:
        if self.state.players.pop(client.session_id, None) is not None:
            del self.bodies[client.session_id]
        self._invite()

    @on_message("steer")
    def steer(self, client: Client, to: Steering) -> None:
        """Take note of where a client wants to go."""
        self.bodies[client.session_id].steer(to.x, to.y)

    @on_message("rush")
    def rush(self, client: Client) -> bool:
        """Rush forward; the answer is whether it was possible."""
        return self.bodies[client.session_id].dash()

    def step(self, step: Step) -> None:
        """Move everybody, and see who found what, and who hit whom."""
        for key, player in self.state.players.items():
            body = self.bodies[key]
            if player.bot:
                choose(self, key, body)
            body.advance(step.dt, radius_of(player.score))
            player.x, player.y = body.x, body.y
            if abs(body.speed_x) + abs(body.speed_y) > 1:
                player.heading = body.heading
            player.rushing = body.rush > 0
        self._gather()
        self._collide()

    def _gather(self) -> None:
        """Give orbs to those who are upon them."""
        for key, orb in list(self.state.orbs.items()):
            for name, player in self.state.players.items():
                reach = radius_of(player.score) + 4
                if self.bodies[name].distance(orb.x, orb.y) < reach:
                    player.score = min(_MOST, player.score + orb.worth)
                    del self.state.orbs[key]
                    if len(self.state.orbs) < _ORBS:
                        self._scatter()
                    break

    def _collide(self) -> None:
        """Let those who are hit by a rush lose a part of what they gathered."""
        for key, player in self.state.players.items():
            if not player.rushing:
                continue
            for other, victim in self.state.players.items():
                near = radius_of(player.score) + radius_of(victim.score)
                body = self.bodies[other]
                if (
                    other != key
                    and not victim.rushing
                    and not body.shield
                    and body.distance(player.x, player.y) < near
                ):
                    self._hit(player, victim, body)

    def _hit(self, player: Player, victim: Player, body: Body) -> None:
        """Throw the victim back; a fifth of its orbs lies around then."""
        lost = min(12, victim.score // 5)
        victim.score -= lost
        away = max(1.0, body.distance(player.x, player.y))
        body.push((body.x - player.x) / away * 700, (body.y - player.y) / away * 700)
        for at in range(lost):
            angle = 2 * pi * at / lost
            self._scatter(body.x + 70 * cos(angle), body.y + 70 * sin(angle), worth=1)
        if lost:
            self.broadcast("hit", {"x": victim.x, "y": victim.y, "lost": lost})

    def _enter(self, key: str, name: str, *, bot: bool = False) -> None:
        body = Body(
            self.random.uniform(80, WIDTH - 80), self.random.uniform(80, HEIGHT - 80)
        )
        self.bodies[key] = body
        # Whoever comes next has a colour far from the last ones.
        self._hue = (self._hue + 137) % 360
        self.state.players[key] = Player(
            name=name, hue=self._hue, bot=bot, x=body.x, y=body.y
        )

    def _scatter(
        self, x: float | None = None, y: float | None = None, worth: int | None = None
    ) -> None:
        """Put an orb somewhere, or there."""
        self._orbs += 1
        if x is None or y is None:
            x = self.random.uniform(20, WIDTH - 20)
            y = self.random.uniform(20, HEIGHT - 20)
        if worth is None:
            worth = 1 if self.random.randrange(_RARE) else 5
        self.state.orbs[str(self._orbs)] = Orb(
            x=min(WIDTH - 10, max(10, x)), y=min(HEIGHT - 10, max(10, y)), worth=worth
        )

    def _invite(self) -> None:
        """Let bots come or go, so that there is company."""
        players = self.state.players
        bots = [key for key, each in players.items() if each.bot]
        wanted = max(0, _COMPANY - (len(players) - len(bots)))
        for key in bots[wanted:]:
            del players[key], self.bodies[key]
        free = [name for name in _NAMES if f"bot-{name}" not in players]
        for name in free[: max(0, wanted - len(bots))]:
            self._enter(f"bot-{name}", name, bot=True)
