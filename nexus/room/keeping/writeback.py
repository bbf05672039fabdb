"""Write-backs: the entities of one Room that a database is told of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from nexus.errors import StateError
from nexus.room.clock.clock import SleepEnded
from nexus.state.table import Table
from nexus.state.table.mirror import Parting
from nexus.store.writeback import Reach, WriteBack

if TYPE_CHECKING:
    from nexus.room.actor import RoomActor

__all__ = ["WriteBacks"]

#: How long a Room that ends, or goes to rest, waits for what is dirty to be written.
_LAST_SECONDS: Final = 10.0
_MOST_NAME: Final = 200
_SHORTEST: Final = 0.05


class WriteBacks:
    """The write-backs of one Room."""

    def __init__(self, actor: RoomActor) -> None:
        self._actor = actor
        self._all: list[WriteBack] = []

    def begin(
        self,
        table: Table[Any],
        world: str,
        *,
        region: Parting,
        place: tuple[str, str],
        every: float | None,
        earth: bool,
    ) -> WriteBack:
        """Write the entities of a Table back from now on.

        Raises:
            FieldError: A field is missing.
            StateError: The Node has no database, or the rows are stored already.
            ValueError: A name or a time that cannot be.
        """
        actor, around = self._actor, self._actor.around
        if not 1 <= len(world) <= _MOST_NAME or not world.isprintable():
            raise ValueError(f"a world has a name of 1 to {_MOST_NAME} characters")
        if every is not None and not _SHORTEST <= every <= 3600:
            raise ValueError(f"entities are written every 0.05 to 3600 s, not {every}")
        if around.database is None:
            raise StateError(
                "this node has no database to write entities into: set DATABASE_URL"
            )
        if actor.room.durability != "memory" and table.is_kept:
            raise StateError(
                f"the rows of {table.row_class.__name__} are stored with the room"
                " already: declare their Table with field(transient=True)"
            )
        reach = Reach(
            around.clock,
            around.random,
            around.background,
            around.meters.write_back,
            actor.turns.run,
            lambda: SleepEnded("the room has ended"),
        )
        made = WriteBack.of(
            table,
            around.database,
            world,
            region=region,
            place=place,
            every=every,
            reach=reach,
            earth=earth,
        )
        self._all.append(made)
        return made

    async def settle(self) -> None:
        """Write what is dirty, before the Room is run no more."""
        for each in self._all:
            _ = await each.settle(_LAST_SECONDS)

    def stop(self) -> None:
        """Write nothing more."""
        for each in self._all:
            each.stop()
