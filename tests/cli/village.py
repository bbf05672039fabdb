"""An app with all that declarations have to tell; a test reads them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, Generic, Literal, TypeVar

from attrs import define, field

from nexus import (
    OWNER,
    SHOWN,
    App,
    Client,
    Length,
    List,
    Map,
    Plugin,
    Range,
    Room,
    Set,
    State,
    int64,
    on_bytes,
    on_message,
    quantized,
    uint8,
)
from nexus import field as state_field
from nexus.wire.message import UNDEFINED

__all__ = ["app"]


class Side(Enum):
    """Where something stands."""

    NORTH = 1
    SOUTH = "s"


class Being(State):
    """Whatever lives. Not an end: */.

    Attributes:
        hp: How well it is; at 0
            it is gone.
    """

    hp: uint8 = 9


class Wolf(Being):
    """It bites."""

    teeth: uint8 = 42


class Village(State):
    """Everything."""

    beings: Map[str, Being]
    chief: Being | None
    secret: uint8 = state_field(visible=OWNER)
    purse: List[int64] = state_field(visible=OWNER)
    shown: Map[str, Being] = state_field(visible=SHOWN)
    guest: Being = state_field(visible=SHOWN)
    kept: uint8 = state_field(server_only=True)
    side: Side
    since: datetime
    raw: bytes
    turn: Annotated[float, quantized(0, 360)]
    tags: Set[str]
    sides: List[Side]


class Date(State):
    """Has the name of something in JavaScript."""

    day: uint8 = 1


@define
class Order:
    """What somebody wants.

    Attributes:
        what: The thing.
    """

    what: Literal["bread", "ale"]
    count: Annotated[int, Range(1, 9)] = 1
    note: Annotated[str, Length(0, 80)] | None = None
    then: Order | None = None
    _by: str = field(default="")


S = TypeVar("S", bound=State)


class Place(Room[S], Generic[S]):
    """A class between."""

    @on_message("side")
    def take_side(self, client: Client, side: Side) -> Side:
        """Take a side."""
        return side


class Bell(Plugin):
    """Rings."""

    @on_message("ring")
    def ring(self, client: Client) -> None:
        """Ring."""


class Waiter(Plugin):
    """Listens as well."""

    requires = (Bell,)

    @on_message("order")
    def overhear(self, client: Client) -> None:
        """Never heard: the Room listens itself."""


class Inn(Place[Village]):
    """Where people meet."""

    plugins = (Waiter,)

    @on_message("order")
    async def order(self, client: Client, order: Order) -> dict[str, int | None]:
        """Order something."""
        return {order.what: order.count}

    @on_message("at")
    def at(self, client: Client, at: tuple[float, uint8]) -> list[int | str]:
        """Go there."""
        return []

    @on_message("say it")
    def say(self, client: Client, text: str = "hello") -> None:
        """Say something, or the usual."""

    @on_message("maybe")
    def maybe(self, client: Client, value: bytes | None = UNDEFINED) -> Any:
        """Take nearly anything."""

    @on_bytes("picture")
    def picture(self, client: Client, content: bytes) -> None:
        """Take a picture."""

    def on_create(self, options: Mapping[str, Any]) -> None:
        """Open."""
        self.state = Village()


class Echo(Room["Date"]):
    """Hears everything."""

    @on_message("*")
    def hear(self, client: Client, type_: str | int, message: Any) -> None:
        """Hear."""


app = App()
app.define("inn", Inn)
app.define("dark-echo", Echo)
