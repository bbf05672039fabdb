"""Replica: a State as a client holds it, kept by snapshots and patches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nexus.errors import OutlineError, PeerError
from nexus.state.listen import Callback, Listeners, Pattern
from nexus.wire.codec import Reader
from nexus.wire.native.absent import ABSENT
from nexus.wire.native.decoder import Decoder
from nexus.wire.native.difference import take_over
from nexus.wire.native.held import HeldRow, HeldRows
from nexus.wire.native.news import News
from nexus.wire.native.outline import RemoteOutline, read_outline
from nexus.wire.native.table import Mirror, Table

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
        self._silent = News(Listeners())
        #: What listeners were last told, while a refused payload keeps them waiting.
        self._news: News | None = None
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
    def in_step(self) -> bool:
        """Whether the next patch can be applied; if not, a snapshot is needed."""
        return self._in_step

    @property
    def count(self) -> int:
        """How many entities it holds."""
        return 0 if self._table is None else len(self._table.mirrors)

    @property
    def id_bound(self) -> int:
        """An id above all that it heard of since the last snapshot, or with it."""
        return 0 if self._table is None else self._table.bound

    @property
    def entities(self) -> list[Mirror]:
        """All entities, by their ids, which ascend."""
        if self._table is None:
            return []
        mirrors = self._table.mirrors
        return [mirrors[id_] for id_ in sorted(mirrors)]

    def set_outline(self, data: bytes) -> None:
        """Take an outline; another one than before needs a new snapshot.

        What is held stays until that comes.

        Raises:
            PeerError: It is none; the one before is kept.
        """
        outline = read_outline(data)
        if self._outline is None or outline.fingerprint != self._outline.fingerprint:
            self._in_step = False
            self._outline = outline

    def apply_snapshot(self, data: bytes) -> None:
        """Take a snapshot: what is there already stays and takes the new values.

        Raises:
            OutlineError: It was written for another outline: fetch that first.
            PeerError: It is none; what is held stays, and another one is needed.
        """
        outline = self.outline
        self._in_step = False
        reader = Reader(data, self._limit)
        table = Table(outline, self._silent)
        decoder = Decoder(reader, len(data), table)
        try:
            version = reader.integer(0, (1 << 53) - 1)
            if reader.data() != outline.fingerprint:
                raise OutlineError("the snapshot is of another outline")
            decoder.apply()
        finally:
            self.steps, self.values = reader.steps, reader.values
        if table.root is None:
            raise PeerError("a snapshot without a root")
        news = self._take_down()
        if self._table is not None:
            take_over(self._table, table, news)
        self._table = table
        self.version = version
        self.owners = decoder.owners
        self._told(table)

    def apply_patch(self, data: bytes) -> None:
        """Take a patch.

        Raises:
            PeerError: It is none, or does not follow the version at hand; a snapshot
                is needed.
        """
        table = self._table
        if not self._in_step or table is None:
            raise PeerError("out of step: a snapshot is needed")
        self._in_step = False
        reader = Reader(data, self._limit)
        table.news = self._take_down()
        decoder = Decoder(reader, len(data), table)
        try:
            version = self.version + self._read_head(reader)
            decoder.apply()
        finally:
            self.steps, self.values = reader.steps, reader.values
        self.version = version
        self.owners.update(decoder.owners)
        for id_ in table.forgotten:
            if id_ not in table.mirrors:
                self.owners.pop(id_, None)
        self._told(table)

    def _read_head(self, reader: Reader) -> int:
        """Return how far a patch leads."""
        check = reader.integer(0, 127)
        count = reader.integer(1, (1 << 53) - 1) if check > 63 else 1
        if check & 63 != self.version & 63 or self.version + count >= 1 << 53:
            raise PeerError(f"the patch does not follow version {self.version}")
        return count

    def _take_down(self) -> News:
        """Return who notes what a payload does to what listeners were last told."""
        if not self._listeners:
            if self._news is not None:
                self._news.drop()
            self._news = None
            return self._silent
        if self._news is None:
            root = None if self._table is None else self._table.root
            self._news = News(self._listeners, root)
        return self._news

    def _told(self, table: Table) -> None:
        """Be in step, and tell what was noted."""
        news, self._news = self._news, None
        table.news = self._silent
        self._in_step = True
        if news is not None:
            assert table.root is not None
            news.tell(table.root)

    def on_add(self, pattern: Pattern, callback: Callback) -> Callable[[], None]:
        """Call back with (value, path) for each entry that comes to a container.

        Returns:
            What ends it.
        """
        return self._listeners.on_add(pattern, callback)

    def on_change(self, pattern: Pattern, callback: Callback) -> Callable[[], None]:
        """Call back with (value, previous, path) when a value becomes another one.

        Returns:
            What ends it.
        """
        return self._listeners.on_change(pattern, callback)

    def on_remove(self, pattern: Pattern, callback: Callback) -> Callable[[], None]:
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
    if isinstance(value, HeldRow):
        return {
            name: getattr(value, name)
            for name in value._rows.cls.by_name
            if value._value(name) is not ABSENT
        }
    if isinstance(value, dict | HeldRows):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [plain(entry) for entry in value]
    return set(value) if isinstance(value, set) else value
