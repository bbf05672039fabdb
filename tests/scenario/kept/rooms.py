"""Rooms that are kept.

twistd -n nexus --app tests.scenario.kept.rooms
"""

from __future__ import annotations

from typing import Any, ClassVar

from typing_extensions import override

from examples.conformance.world import Mirror
from nexus import (
    OWNER,
    App,
    Client,
    Limits,
    List,
    Map,
    Role,
    Room,
    State,
    field,
    on_message,
    uint32,
)
from nexus.room.keeping.durability import Durability

__all__ = ["app"]


class Still(Mirror):
    """Does what its clients say, and answers nobody before it is safe."""

    durability: ClassVar[Durability] = "confirmed"

    @on_message("hurry", durability="memory")
    def hurry(self, client: Client, steps: list[list[Any]]) -> None:
        """Run a script that everybody sees before it is safe."""
        self.run(client, steps)


class Busy(Still):
    """Also changes by itself when it goes on, before anybody is back."""

    @override
    def on_restore(self, info: Any) -> None:
        """Change what all clients know."""
        world = self.state
        world.text = info.reason
        world.u8 += 1
        world.origin.x += 1
        self.step("members", "delete", "b")
        self.step("members", "put", "z", {"name": info.reason})
        self.step("items", "remove", 1)
        self.step("log", "insert", 1, info.reason)
        world.tags.discard("one")
        world.tags.add("four")


class Sheet(State):
    """What somebody holds, and nobody else sees."""

    name: str = ""
    hand: List[uint32] = field(factory=list, visible=OWNER)


class Notes(State):
    """Everybody's hands, what only some may know, and numbers."""

    secret: str = field(default="", visible=Role("master"))
    sheets: Map[str, Sheet] = field(factory=dict)


class Hands(Room[Notes]):
    """Deals to everybody."""

    durability: ClassVar[Durability] = "confirmed"

    @override
    def on_create(self, options: Any) -> None:
        """Lay everything out."""
        self.state = Notes(secret="hidden")

    @override
    def on_join(self, client: Client, options: Any) -> None:
        """Deal."""
        if options.get("master"):
            client.roles = ["master"]
        sheet = Sheet(name="somebody", hand=[1, 2, 3])
        sheet.owner = client.session_id
        self.state.sheets[client.session_id] = sheet

    @override
    def on_drop(self, client: Client, code: int) -> None:
        """Let a lost client return."""
        _ = self.allow_reconnection(client, 20)

    @on_message("draw")
    def draw(self, client: Client, card: uint32) -> None:
        """Give a card."""
        self.state.sheets[client.session_id].hand.append(card)


class Heard(State):
    """Numbers, in the order in which they came."""

    notes: List[uint32] = field(factory=list)
    sum: uint32 = 0


class Ledger(Room[Heard]):
    """Notes numbers, and sleeps soon."""

    durability: ClassVar[Durability] = "saved"
    hibernate_seconds = 0.2

    @override
    def on_create(self, options: Any) -> None:
        """Begin with an empty page."""
        self.state = Heard()
        self.set_metadata({"topic": options.get("topic")})

    @override
    def on_drop(self, client: Client, code: int) -> None:
        """Let a lost client return."""
        _ = self.allow_reconnection(client, 20)

    @on_message("note")
    def note(self, client: Client, number: uint32) -> None:
        """Note a number."""
        self.state.notes.append(number)

    @on_message("add", durability="confirmed")
    def add(self, client: Client, number: uint32) -> list[int]:
        """Add a number; return the sum."""
        self.state.notes.append(number)
        self.state.sum += number
        return [number, self.state.sum]


app = App(limits=Limits(joins_per_second=1_000, joins_burst=10_000))
app.define("still", Still)
app.define("busy", Busy)
app.define("hands", Hands)
app.define("ledger", Ledger)
app.define("only", Ledger, unique_by=["topic"], codes=True)
