"""A Room in which the test kit shows all that it can."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twisted.internet.defer import Deferred
from typing_extensions import override

from nexus import (
    OWNER,
    Client,
    Map,
    Refused,
    Rejected,
    Room,
    State,
    field,
    float32,
    on_bytes,
    on_message,
)

__all__ = ["Arena", "Dot", "Field"]


class Dot(State):
    """Somebody who moves."""

    x: float32
    y: float32
    card: str = field(default="", visible=OWNER)


class Field(State):
    """What is true in the Room."""

    dots: Map[str, Dot]


class Arena(Room[Field]):
    """Every kind of hook and listener."""

    max_clients = 3

    @override
    def on_create(self, options: Mapping[str, Any]) -> Any:
        """Set it up, after a while if that is wished."""
        self.state = Field()
        self.options = dict(options)
        self.left: list[tuple[str, int]] = []
        self.heard: list[Any] = []
        if "setup" in options:
            return self.clock.sleep(options["setup"])
        if options.get("stuck") == "on_create":
            return Deferred()
        return None

    @override
    def on_auth(self, client: Client, options: Mapping[str, Any], context: Any) -> Any:
        """Keep the context, and wait if that is wished."""
        if options.get("stuck") == "on_auth":
            return Deferred()
        return {"token": context.token, "address": context.address, **context.headers}

    @override
    def on_join(self, client: Client, options: Mapping[str, Any]) -> Any:
        """Give the client something to move."""
        if "refuse" in options:
            raise Refused(options["refuse"], 4321)
        dot = self.state.dots[client.session_id] = Dot(card=options.get("card", ""))
        dot.owner = client.session_id
        self.broadcast("hello", options.get("name"))
        if options.get("stuck") == "on_join":
            return Deferred()
        return None

    @override
    def on_drop(self, client: Client, code: int) -> None:
        """Keep the seat for a while."""
        self.allow_reconnection(client, 20)

    @override
    def on_leave(self, client: Client, code: int) -> None:
        """Take the client's dot away."""
        self.left.append((client.session_id, code))
        self.state.dots.pop(client.session_id, None)

    @on_message("move")
    def move(self, client: Client, to: tuple[float32, float32]) -> str:
        """Move the client's dot."""
        dot = self.state.dots[client.session_id]
        dot.x, dot.y = to
        return "moved"

    @on_message("note")
    def note(self, client: Client, what: Any) -> None:
        """Keep what was said."""
        self.heard.append(what)

    @on_bytes("raw")
    def raw(self, client: Client, content: bytes) -> None:
        """Send bytes back."""
        client.send_bytes("raw", content[::-1])

    @on_message("slow")
    async def slow(self, client: Client, seconds: float) -> float:
        """Answer after a while."""
        await self.clock.sleep(seconds)
        return seconds

    @on_message("never")
    async def never(self, client: Client) -> None:
        """Wait for what nobody in here brings."""
        await Deferred()

    @on_message("reject")
    def reject(self, client: Client) -> None:
        """Reject."""
        raise Rejected({"why": "no"})

    @on_message("boom")
    def boom(self, client: Client) -> None:
        """Fail."""
        raise KeyError("boom")

    @on_message("kick")
    def kicked(self, client: Client) -> None:
        """Let the client go."""
        client.leave(4444, "enough")

    @on_message("roll")
    def roll(self, client: Client) -> float:
        """Throw a die."""
        return self.random.random()
