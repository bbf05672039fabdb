"""Decoder: the operations of one payload, applied to a table of entities."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nexus.errors import PeerError
from nexus.state.call import GONE
from nexus.wire.codec import Kind as Item
from nexus.wire.codec import Reader
from nexus.wire.native.absent import ABSENT
from nexus.wire.native.column import read_column, read_values
from nexus.wire.native.ids import read_ids
from nexus.wire.native.op import Op, weight
from nexus.wire.native.outline import RemoteField, read_where
from nexus.wire.native.rowacts import ROW_ACTS
from nexus.wire.native.table import Mirror, Table, content

__all__ = ["Decoder"]

_MAX_MASK = (1 << 63) - 1


class Decoder:
    """Applies the operations of one payload.

    Args:
        reader: The payload, behind its head.
        size: The bytes of the whole payload: they pay for what it creates.
        table: What they are applied to.
    """

    def __init__(self, reader: Reader, size: int, table: Table) -> None:
        self.reader = reader
        self.table = table
        self._news = table.news
        self._budget = size
        #: Owners by id, when the payload was written for a store.
        self.owners: dict[int, str | None] = {}

    def apply(self) -> None:
        """Apply all operations, in order.

        Raises:
            PeerError: One of them is impossible; those before it were applied.
        """
        reader = self.reader
        while reader.more():
            first = reader.item()
            if type(first) is int:
                if first >= 0:
                    self._update(first)
                else:
                    try:
                        act = _ACTS[first]
                    except KeyError:
                        raise PeerError(f"no operation is {first}") from None
                    act(self)
            elif first is not None:
                raise PeerError("an operation begins with an int")
        self.table.settle()

    def _update(self, number: int) -> None:
        reader, table, news = self.reader, self.table, self._news
        cls = table.outline.cls(number)
        fields = cls.of_mask(reader.integer(1, _MAX_MASK))
        mirrors = table.several(read_ids(reader))
        for mirror in mirrors:
            if mirror._cls is not cls:
                raise PeerError(f"entity {mirror._id} is no {cls.name}")
        for each in fields:
            index = each.index
            if each.shape != "one":
                for mirror in mirrors:
                    if mirror._values[index] is ABSENT:
                        mirror._values[index] = None
                    else:
                        self._empty(mirror, each)
                continue
            optional = each.optional or each.kind is None
            values = read_column(reader, each.kind, len(mirrors), optional=optional)
            if each.kind is None:
                for mirror, id_ in zip(mirrors, values, strict=True):
                    self._refer(mirror, each, None if id_ is None else table.get(id_))
            elif news.listening:
                for mirror, value in zip(mirrors, values, strict=True):
                    news.field(mirror, each, mirror._values[index])
                    mirror._values[index] = value
            else:
                for mirror, value in zip(mirrors, values, strict=True):
                    mirror._values[index] = value

    def _refer(self, mirror: Mirror, each: RemoteField, child: Mirror | None) -> None:
        """Let a field refer to an entity, or to none."""
        old = mirror._values[each.index]
        self._news.field(mirror, each, old)
        if old is child:
            return
        if isinstance(old, Mirror):
            self.table.unlink(old)
        if child is not None:
            self.table.link(child, mirror, each, None)
        mirror._values[each.index] = child

    def _create(self) -> None:
        reader, table = self.reader, self.table
        cls = table.outline.cls(reader.integer(0, 1 << 16))
        fields = cls.of_mask(reader.integer(0, _MAX_MASK))
        ids = read_ids(reader)
        self.pay(weight(len(cls.fields)) * len(ids))
        # Containers have the ids behind their entity's: never more than it has fields.
        table.bound = max(table.bound, ids[-1] + 1 + len(cls.fields))
        mirrors = [table.create(id_, cls) for id_ in ids]
        for each in fields:
            if each.shape != "one" or each.kind is None:
                for mirror in mirrors:
                    mirror._values[each.index] = None
                continue
            values = read_column(
                reader, each.kind, len(mirrors), optional=each.optional
            )
            for mirror, value in zip(mirrors, values, strict=True):
                mirror._values[each.index] = value

    def _hide(self) -> None:
        reader, table = self.reader, self.table
        cls = table.outline.cls(reader.integer(0, 1 << 16))
        fields = cls.of_mask(reader.integer(1, _MAX_MASK))
        for id_ in read_ids(reader):
            mirror = table.get(id_)
            if mirror._cls is not cls:
                raise PeerError(f"entity {id_} is no {cls.name}")
            for each in fields:
                if mirror._values[each.index] is ABSENT:
                    continue
                if each.shape != "one":
                    self._empty(mirror, each)
                elif each.kind is None:
                    self._refer(mirror, each, None)
                else:
                    self._news.field(mirror, each, mirror._values[each.index])
                mirror._values[each.index] = ABSENT

    def pay(self, owed: int) -> None:
        """Count what entities and rows weigh that come.

        Raises:
            PeerError: The payload does not pay for them.
        """
        self._budget -= owed
        if self._budget < 0:
            raise PeerError("more entities or rows than the bytes pay for")

    def container(self, *shapes: str) -> tuple[Mirror, RemoteField, Any]:
        """Read which container is meant; it must be of one of these shapes."""
        each, id_ = read_where(self.reader, self.table.outline, shapes)
        mirror = self.table.get(id_)
        if mirror._cls.by_name.get(each.name) is not each:
            raise PeerError(f"entity {id_} has another class")
        return mirror, each, content(mirror, each)

    def _keys(self) -> list[str]:
        reader = self.reader
        if reader.peek() is not Item.ARRAY:
            return [reader.text()]
        keys = [reader.text() for _ in range(reader.array())]
        if not keys:
            raise PeerError("no keys")
        return keys

    def _set(self) -> None:
        mirror, each, entries = self.container("map")
        keys = self._keys()
        values = read_column(self.reader, each.kind, len(keys), optional=False)
        for key, value in zip(keys, values, strict=True):
            old = entries.get(key, GONE)
            self._news.entry(mirror, each, key, old)
            if each.kind is None:
                child = self.table.get(value)
                if child is old:
                    continue
                if old is not GONE:
                    self.table.unlink(old)
                self.table.link(child, mirror, each, key)
                value = child
            entries[key] = value

    def _remove(self) -> None:
        mirror, each, entries = self.container("map")
        for key in self._keys():
            old = entries.pop(key, GONE)
            if old is GONE:
                continue
            self._news.entry(mirror, each, key, old)
            if each.kind is None:
                self.table.unlink(old)

    def _clear(self) -> None:
        mirror, each, _ = self.container("map", "list", "set", "table")
        self._empty(mirror, each)

    def _empty(self, mirror: Mirror, each: RemoteField) -> None:
        """Take everything out of a container."""
        held = content(mirror, each)
        if each.shape == "map":
            for key, old in held.items():
                self._news.entry(mirror, each, key, old)
        elif each.shape == "list":
            self._news.splice(mirror, each, held, 0, len(held), 0)
        elif each.shape == "set":
            for value in held:
                self._news.member(mirror, each, value, held=True)
        else:
            self._news.rows(mirror, each, held, held)
        if each.nests:
            for old in held.values() if each.shape == "map" else held:
                self.table.unlink(old)
        held.clear()

    def _add(self) -> None:
        mirror, each, members = self.container("set")
        for value in read_values(self.reader, each.kind):
            if value == 0 and type(value) is float:
                # A set holds one of 0 and -0; that it is 0 all readers agree on.
                value = 0.0
            if value not in members:
                self._news.member(mirror, each, value, held=False)
                members.add(value)

    def _discard(self) -> None:
        mirror, each, members = self.container("set")
        for value in read_values(self.reader, each.kind):
            if value in members:
                self._news.member(mirror, each, value, held=True)
                members.discard(value)

    def _replace(self) -> None:
        mirror, each, items = self.container("list")
        places = read_ids(self.reader)
        values = read_column(self.reader, each.kind, len(places), optional=False)
        if places[-1] >= len(items):
            raise PeerError(f"{each.name} has no place {places[-1]}")
        self._news.replace(mirror, each, items, places)
        if each.kind is None:
            values = [self.table.get(id_) for id_ in values]
            for at in places:
                self.table.unlink(items[at])
            for child in values:
                self.table.link(child, mirror, each, None)
        for at, value in zip(places, values, strict=True):
            items[at] = value

    def _insert(self) -> None:
        mirror, each, items = self.container("list")
        at = self.reader.integer(0, len(items))
        values = read_values(self.reader, each.kind)
        if each.kind is None:
            values = [self.table.get(id_) for id_ in values]
            for child in values:
                self.table.link(child, mirror, each, None)
        self._news.splice(mirror, each, items, at, 0, len(values))
        items[at:at] = values

    def _erase(self) -> None:
        mirror, each, items = self.container("list")
        at = self.reader.integer(0, len(items))
        count = self.reader.integer(1, len(items) - at)
        self._news.splice(mirror, each, items, at, count, 0)
        if each.kind is None:
            for child in items[at : at + count]:
                self.table.unlink(child)
        del items[at : at + count]

    def _assign(self) -> None:
        mirror, each, items = self.container("list")
        values = read_values(self.reader, each.kind)
        if each.kind is None:
            values = [self.table.get(id_) for id_ in values]
            for child in items:
                self.table.unlink(child)
            for child in values:
                self.table.link(child, mirror, each, None)
        self._news.splice(mirror, each, items, 0, len(items), len(values))
        items[:] = values

    def _move(self) -> None:
        mirror, each, items = self.container("list")
        at = self.reader.integer(0, len(items) - 1)
        to = self.reader.integer(0, len(items) - 1)
        self._news.move(mirror, each, items, at, to)
        items.insert(to, items.pop(at))

    def _own(self) -> None:
        reader = self.reader
        ids = read_ids(reader)
        if len(ids) == 1 and reader.peek() is not Item.ARRAY:
            names = [reader.item()]
        else:
            names = [reader.item() for _ in range(reader.array())]
        if len(names) != len(ids):
            raise PeerError(f"{len(names)} owners for {len(ids)} entities")
        for id_, name in zip(ids, names, strict=True):
            if name is not None and not isinstance(name, str):
                raise PeerError("an owner is a text")
            self.table.get(id_)
            self.owners[id_] = name


_ACTS: dict[int, Callable[[Decoder], None]] = {
    Op.CREATE: Decoder._create,
    Op.HIDE: Decoder._hide,
    Op.SET: Decoder._set,
    Op.REMOVE: Decoder._remove,
    Op.CLEAR: Decoder._clear,
    Op.ADD: Decoder._add,
    Op.DISCARD: Decoder._discard,
    Op.REPLACE: Decoder._replace,
    Op.INSERT: Decoder._insert,
    Op.ERASE: Decoder._erase,
    Op.ASSIGN: Decoder._assign,
    Op.OWN: Decoder._own,
    Op.MOVE: Decoder._move,
    **ROW_ACTS,
}
