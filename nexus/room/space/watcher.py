"""Watcher: one client that looks at a Space, and what it was told of that."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, Protocol

from attrs import define, field

from nexus.room.space.trickle import Trickle
from nexus.sim.interest import Watch

if TYPE_CHECKING:
    from nexus.room.client import Client

__all__ = ["NO_CELLS", "NO_ROLES", "Located", "Watcher"]

NO_CELLS: Final[frozenset[tuple[int, int]]] = frozenset()
NO_ROLES: Final[frozenset[str]] = frozenset()


class Located(Protocol):
    """What can be followed: a State or a row with a position."""

    @property
    def x(self) -> float:
        """The first number."""

    @property
    def y(self) -> float:
        """The second."""


@define(eq=False)
class Watcher:
    """One client, and what it watches."""

    client: Client
    watch: Watch
    #: Where it looks: at a fixed position, or at what it follows.
    target: Located | tuple[float, float]
    #: Where it stood last.
    spot: tuple[float, float] = field(default=(0.0, 0.0), init=False)
    #: What of its Cells the crowd counts, and how often it hears of each; where all are
    #: heard of equally often nobody asks.
    counted: frozenset[tuple[int, int]] = field(default=NO_CELLS, init=False)
    #: In which versions it came to see Cells, or saw them no longer.
    turns: deque[tuple[int, int]] = field(factory=deque, init=False)
    #: All such turns after this version are among them.
    since: int = 0
    #: What it was told so far, if it lags behind.
    trickle: Trickle | None = field(default=None, init=False)
    #: Whether it keeps up, and sees just what it is to see as long as it stays.
    is_calm: bool = field(default=False, init=False)
    #: Whether it is told by `tell`, as clients of ours are.
    listens: bool = field(default=False, init=False)
    #: By which roles it was told of columns that are for some, and which it had last.
    roles: frozenset[str] = field(default=NO_ROLES, init=False)
    last_roles: frozenset[str] = field(default=NO_ROLES, init=False)
    #: Whether it is to see nothing.
    is_blind: bool = field(default=False, init=False)
