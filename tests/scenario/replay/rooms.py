"""The rooms that the recordings were made with, built again from their descriptions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from twisted.web.iweb import IRequest
from twisted.web.resource import Resource
from typing_extensions import override

from nexus.app import App
from nexus.errors import Refused, Rejected
from nexus.match.builtin.lobby import LobbyRoom
from nexus.match.builtin.queue import QueueRoom
from nexus.match.builtin.relay import RelayRoom
from nexus.room import Client, Context, Room, on_bytes, on_message
from tests.scenario.replay.world import (
    MUTATIONS,
    Fighter,
    Item,
    Secret,
    Secrets,
    Vec,
    World,
    move,
)

__all__ = ["app"]

#: How long a lost client may be away, in seconds.
_AWAY = 20.0


class Demo(Room[World]):
    """The room of most recordings: join options say what goes wrong in it."""

    stays = True

    @override
    def on_create(self, options: Mapping[str, Any]) -> None:
        if options.get("failCreate"):
            raise Refused("create refused", 4999)
        if options.get("alone"):
            self.max_clients = 1
        if options.get("tolerant"):
            self.unknown_message = "error"
        self.stays = not options.get("forgets")
        self.state = World(
            tick=1,
            title="demo",
            ratio=0.5,
            flag=True,
            count=3,
            origin=Vec(x=1.0, y=-2.0),
            players={},
            scores={"a": 10},
            log=["start"],
            items=[Item(name="sword", qty=2)],
        )

    @override
    def on_auth(
        self, client: Client, options: Mapping[str, Any], context: Context
    ) -> bool:
        if options.get("failAuth"):
            raise Refused("auth refused", 4998)
        return not options.get("authFalse")

    @override
    def on_join(self, client: Client, options: Mapping[str, Any]) -> None:
        if options.get("failJoin"):
            raise Refused("join refused", 4997)
        if options.get("failJoinPlain"):
            raise RuntimeError("plain join error")
        self.state.players[client.session_id] = Fighter(
            name=options.get("name", "anon"), hp=100, alive=True, pos=Vec(x=0.0, y=0.0)
        )
        if options.get("hello"):
            client.send("hello", {"from": "onJoin"})

    @override
    def on_drop(self, client: Client, code: int) -> None:
        if self.stays:
            self.state.players[client.session_id].alive = False
            _ = self.allow_reconnection(client, _AWAY)

    @override
    def on_reconnect(self, client: Client) -> None:
        self.state.players[client.session_id].alive = True
        client.send("welcome-back", 1)

    @override
    def on_leave(self, client: Client, code: int) -> None:
        self.state.players.pop(client.session_id, None)

    @on_message("mut")
    def mutate(self, client: Client, name: Any) -> None:
        if name == "player-move":
            move(self.state.players[client.session_id])
        else:
            MUTATIONS[name](self.state)

    @on_message("echo")
    def echo(self, client: Client, message: Any) -> None:
        client.send("echo", message)

    @on_message("noarg")
    def no_argument(self, client: Client, message: Any) -> None:
        client.send("noarg", message)

    @on_message(7)
    def seven(self, client: Client, message: Any) -> None:
        client.send(7, message)

    @on_bytes("bin")
    def reverse(self, client: Client, content: bytes) -> None:
        client.send_bytes("bin", content[::-1])

    @on_bytes(9)
    def nine(self, client: Client, content: bytes) -> None:
        client.send_bytes(9, content)

    @on_message("after")
    def after(self, client: Client) -> None:
        self.state.tick += 1
        told = {"tick": self.state.tick}
        client.send("afterpatch", told, after_next_patch=True)
        client.send("now", told)

    @on_message("err")
    def fail(self, client: Client) -> None:
        client.error(4321, "custom error")

    @on_message("kick")
    def kick_out(self, client: Client, message: Any) -> None:
        if "code" in message:
            client.leave(message["code"], message["reason"])
        else:
            client.leave()

    @on_message("disconnectRoom")
    async def end(self, client: Client) -> None:
        await self.disconnect()

    @on_message("sum")
    def add(self, client: Client, message: Any) -> int:
        return int(message["a"] + message["b"])

    @on_message("asyncsum")
    async def add_slowly(self, client: Client, message: Any) -> dict[str, int]:
        await self.clock.sleep(0.02)
        return {"total": message["a"] + message["b"]}

    @on_message("nothing")
    def nothing(self, client: Client) -> None:
        """Answer nothing."""

    @on_message("deny")
    def deny(self, client: Client) -> None:
        raise Rejected({"why": "no funds"})

    @on_message("boom")
    def explode(self, client: Client) -> None:
        raise Refused("handler exploded", 77)


class Stateless(Room[Any]):
    """A room without State that tells what it heard."""

    @on_message("*")
    def hear(self, client: Client, type_: str | int, message: Any) -> None:
        client.send("got", [type_, message])


class Guarded(Room[Any]):
    """A room whose class asks for a token."""

    @staticmethod
    @override
    def on_auth_static(token: str, options: Mapping[str, Any], context: Context) -> Any:
        if token != "good":
            raise Refused("bad token", 401)
        return {"userId": 7}

    @override
    def on_join(self, client: Client, options: Mapping[str, Any]) -> None:
        client.send("auth", client.auth)


class Viewed(Room[Secrets]):
    """A room in which everybody sees one field of its own entity only."""

    @override
    def on_create(self, options: Mapping[str, Any]) -> None:
        self.state = Secrets(items={})

    @override
    def on_join(self, client: Client, options: Mapping[str, Any]) -> None:
        secret = self.state.items[client.session_id] = Secret(pub=1, sec=99)
        client.view.add(secret)

    @on_message("bump")
    def bump(self, client: Client) -> None:
        secret = self.state.items[client.session_id]
        secret.pub += 1
        secret.sec += 1


class Filtered(Room[Any]):
    """A room for the lobby to show."""

    @override
    def on_create(self, options: Mapping[str, Any]) -> None:
        self.set_metadata({"mode": options["mode"], "map": "x"})


class Pairs(QueueRoom):
    """A queue that leads pairs into demos."""

    match_kind = "demo"
    max_players = 2


class Hello(Resource):
    """A route of the game's own."""

    isLeaf = True  # noqa: N815 -- the name that Twisted reads

    def render_GET(self, request: IRequest) -> bytes:  # noqa: N802 -- found by its name
        """Say whom it greets, and the query."""
        query = {k.decode(): v[0].decode() for k, v in request.args.items()}
        request.setHeader(b"content-type", b"application/json")
        return json.dumps({"hello": request.postpath[0].decode(), "q": query}).encode()


app = App()
app.define("demo", Demo)
app.define("nostate", Stateless)
app.define("staticauth", Guarded)
app.define("view", Viewed)
app.define("filtered", Filtered, filter_by=("mode",), listed=True)
app.define("lobby", LobbyRoom)
app.define("queue", Pairs)
app.define("relay", RelayRoom)
app.route("/hello", Hello())
