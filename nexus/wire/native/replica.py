"""Replica: a State as a client holds it, kept by snapshots and patches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nexus.errors import OutlineError, PeerError
from nexus.state.listen import Callback, Listeners
from nexus.wire.codec import Reader
from nexus.wire.native.decoder import Decoder
from nexus.wire.native.difference import take_over
from nexus.wire.native.news import News
from nexus.wire.native.outline import RemoteOutline, read_outline
from nexus.wire.native.table import ABSENT, Mirror, Table

__all__ = ["LIMIT", "Replica", "plain"]

#: A payload has at most so many bytes, when nothing else is said.
LIMIT = 1 << 26


class Replica:
    """A State as a client holds it.

    Args:
        outline: The outline that the server sent, if it has come already.
        limit: How many bytes a payload may have.
    """

    def __init__(self, outline: bytes | None = None, *, limit: int = LIMIT) -> None:
        self._limit = limit
        self._listeners = Listeners()
        self._outline: RemoteOutline | None = None
        self._table: Table | None = None
        self._in_step = False
        #: The version that it is at.
        self.version = 0
        #: By id, when the payloads were written for a store.
        self.owners: dict[int, str | None] = {}
        #: Items that the last payload held, and values that were made of them.
        self.steps = self.values = 0
        if outline is not None:
            self.set_outline(outline)

    @property
    def state(self) -> Mirror:
        """The root.

        Raises:
            PeerError: No snapshot has come yet.
        """
        root = None if self._table is None else self._table.root
        if root is None:
            raise PeerError("no snapshot has come yet")
        return root

    @property
    def count(self) -> int:
        """How many entities it holds."""
        return 0 if self._table is None else len(self._table.mirrors)

    def set_outline(self, data: bytes) -> None:
        """Take an outline; another one than before needs a new snapshot.

        Raises:
            PeerError: It is none.
        """
        outline = read_outline(data)
        if self._outline is None or outline.fingerprint != self._outline.fingerprint:
            self._in_step = False
            self._table = None
            self._outline = outline

    def apply_snapshot(self, data: bytes) -> None:
        """Take a snapshot: what is there already stays and takes the new values.

        Raises:
            OutlineError: It was written for another outline: fetch that first.
            PeerError: It is none; the Replica is what it was.
        """
        outline = self.outline
        reader = Reader(data, self._limit)
        version = reader.integer(0, (1 << 53) - 1)
        if reader.data() != outline.fingerprint:
            raise OutlineError("the snapshot is of another outline")
        table = Table(outline)
        news = News(self._listeners)
        silent = News(Listeners())
        decoder = Decoder(reader, len(data), table, silent)
        decoder.apply()
        self.steps, self.values = reader.steps, reader.values
        if table.root is None:
            raise PeerError("a snapshot without a root")
        if self._table is None or self._table.root is None:
            news.born(table.root)
        else:
            take_over(self._table, table, news)
        self._table = table
        self.version = version
        self.owners = decoder.owners
        self._in_step = True
        news.tell(table)

    def apply_patch(self, data: bytes) -> None:
        """Take a patch.

        Raises:
            PeerError: It is none, or does not follow the version at hand; a snapshot
                is needed.
        """
        table = self._table
        if not self._in_step or table is None:
            raise PeerError("out of step: a snapshot is needed")
        news = News(self._listeners)
        self._in_step = False
        reader = Reader(data, self._limit)
        check = reader.integer(0, 127)
        if check & 63 != self.version & 63:
            raise PeerError(f"the patch does not follow version {self.version}")
        count = reader.integer(1, (1 << 53) - 1) if check > 63 else 1
        decoder = Decoder(reader, len(data), table, news)
        decoder.apply()
        self.steps, self.values = reader.steps, reader.values
        self.version += count
        self.owners.update(decoder.owners)
        for id_ in table.forgotten:
            if id_ not in table.mirrors:
                self.owners.pop(id_, None)
        self._in_step = True
        news.tell(table)

    def on_add(self, pattern: str, callback: Callback) -> Callable[[], None]:
        """Call back with (value, path) for each entry that comes to a container.

        Returns:
            What ends it.
        """
        return self._listeners.on_add(pattern, callback)

    def on_change(self, pattern: str, callback: Callback) -> Callable[[], None]:
        """Call back with (value, previous, path) when a value becomes another one.

        Returns:
            What ends it.
        """
        return self._listeners.on_change(pattern, callback)

    def on_remove(self, pattern: str, callback: Callback) -> Callable[[], None]:
        """Call back with (value, path) for each entry that leaves a container.

        Returns:
            What ends it.
        """
        return self._listeners.on_remove(pattern, callback)

    @property
    def outline(self) -> RemoteOutline:
        """The outline that it was given.

        Raises:
            OutlineError: None has come yet.
        """
        if self._outline is None:
            raise OutlineError("no outline has come yet")
        return self._outline


def plain(value: Any) -> Any:
    """Return an entity, or anything that stands in one, as plain dicts and lists."""
    if isinstance(value, Mirror):
        return {
            each.name: plain(
                getattr(value, each.name)
                if each.shape != "one"
                else value._values[each.index]
            )
            for each in value._cls.fields
            if each is not None and value._values[each.index] is not ABSENT
        }
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [plain(entry) for entry in value]
    return set(value) if isinstance(value, set) else value
