"""Tests of `nexus.page.card`."""

from __future__ import annotations

import json
from typing import Annotated, Any, ClassVar

from twisted.trial.unittest import SynchronousTestCase

from nexus import (
    OWNER,
    Client,
    Length,
    Map,
    Plugin,
    Room,
    Set,
    State,
    field,
    float32,
    on_bytes,
    on_message,
)
from nexus.app import App
from nexus.page.card import kind_card, room_card
from tests.support.room import scripted
from tests.support.table import TableTestCase, result


class Player(State):
    """Somebody."""

    x: float32 = 0.0
    hand: str = field(default="", visible=OWNER)
    secret: str = field(default="", server_only=True)


class World(State):
    """Everything."""

    players: Map[str, Player] = field(factory=dict)
    tags: Set[str] = field(factory=set)
    leader: Player | None = None
    maybe: str | None = None


class Naming(Plugin):
    """Comes along as another one requires it."""

    @on_message("who")
    def who(self, client: Client) -> None:
        """Say who."""


class Counting(Plugin):
    """Listens as well."""

    requires: ClassVar = (Naming,)

    @on_message("say")
    def say(self, client: Client, text: bytes) -> None:
        """Be overridden."""


class Arena(Room[World]):
    """Where `people` meet.

    And more that is not told.
    """

    max_clients = 4
    plugins: ClassVar = (Counting,)

    @on_message("say")
    def say(self, client: Client, text: Annotated[str, Length(1, 80)]) -> None:
        """Say something."""

    @on_message("later")
    def later(self, client: Client, seconds: int = 3) -> None:
        """Do something later."""

    @on_message("free")
    def free(self, client: Client, message: Any) -> None:
        """Take anything."""

    @on_bytes("raw")
    def raw(self, client: Client, content: bytes) -> None:
        """Take bytes."""


class Smaller(Arena):
    max_clients = 2

    @on_message("*")
    def rest(self, client: Client, type_: str | int, message: Any) -> None:
        """Take the rest."""


class KindCardTests(SynchronousTestCase):
    def card(self, room: type[Room[Any]], **said: Any) -> dict[str, Any]:
        """Tell of a kind, as JSON."""
        kind = App().define("arena", room, **said)
        card: dict[str, Any] = json.loads(json.dumps(kind_card(kind)))
        return card

    def test_kind_tells_what_it_declares(self) -> None:
        """Name, class, first line, seats and what joins filter by are told."""
        card = self.card(
            Arena,
            filter_by=("mode", "map"),
            unique_by=("key", "mode"),
            options={"map": "secret value"},
            codes=True,
        )

        self.assertEqual((card["name"], card["room"]), ("arena", "Arena"))
        self.assertEqual(card["about"], "Where `people` meet.")
        self.assertEqual((card["maxClients"], card["codes"]), (4, True))
        self.assertEqual(card["options"], ["mode", "key"])
        self.assertNotIn("secret value", json.dumps(card))

    def test_messages_are_told_with_their_payloads(self) -> None:
        """Each type is told once, as the Room itself listens for it."""
        card = self.card(Arena)

        self.assertEqual(
            {each["type"]: each for each in card["messages"]},
            {
                "who": {"type": "who", "raw": False, "shape": "nothing"},
                "say": {
                    "type": "say",
                    "raw": False,
                    "shape": "text of 1 to 80",
                    "sample": "a",
                },
                "later": {
                    "type": "later",
                    "raw": False,
                    "shape": "whole number",
                    "sample": 0,
                },
                "free": {"type": "free", "raw": False, "shape": "anything"},
                "raw": {"type": "raw", "raw": True, "shape": "bytes"},
            },
        )
        self.assertFalse(card["rest"])

    def test_what_is_inherited_counts(self) -> None:
        """A subclass has messages and State of the class above, not its words."""
        card = self.card(Smaller)

        self.assertTrue(card["rest"])
        self.assertEqual(len(card["messages"]), 5)
        self.assertEqual((card["about"], card["maxClients"]), ("", 2))
        self.assertEqual(card["state"]["root"], "World")

    def test_state_is_told_without_what_stays_on_the_server(self) -> None:
        """Fields have their types; what no client gets is not there."""
        state = self.card(Arena)["state"]

        self.assertEqual(state["root"], "World")
        fields = {
            name: {each["name"]: each["type"] for each in cards}
            for name, cards in state["classes"].items()
        }
        self.assertEqual(fields["Player"], {"x": "float32", "hand": "str"})
        self.assertEqual(
            fields["World"],
            {
                "players": "Map[str, Player]",
                "tags": "Set[str]",
                "leader": "Player | None",
                "maybe": "str | None",
            },
        )
        limited = [each["limited"] for each in state["classes"]["Player"]]
        self.assertEqual(limited, [False, True])

    def test_room_without_a_state_has_none(self) -> None:
        """What names no State class tells none."""
        self.assertIsNone(self.card(scripted())["state"])


class RoomCardTests(TableTestCase):
    def test_room_tells_what_anybody_may_know(self) -> None:
        """A card has the id, the seats and the age, and no metadata."""
        self.table.define(scripted(), "arena")
        seat = result(self.table.matchmaker.create("arena", {}))
        actor = self.table.actor(seat.listing.room_id)
        actor.room.set_metadata({"secret": 1})
        self.table.clock.advance(2.5)

        card = room_card(actor, self.table.clock.seconds())

        self.assertEqual(
            card,
            {
                "id": actor.room_id,
                "code": None,
                "kind": "arena",
                "clients": 1,
                "maxClients": None,
                "locked": False,
                "age": 2.5,
            },
        )
