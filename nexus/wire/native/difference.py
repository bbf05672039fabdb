"""A snapshot as a difference: what is there already stays the same object."""

from __future__ import annotations

from typing import Any

from nexus.wire.native.news import News
from nexus.wire.native.outline import RemoteField
from nexus.wire.native.table import ABSENT, Mirror, Table, content

__all__ = ["take_over"]


def take_over(old: Table, new: Table, news: News) -> None:
    """Let the new table use the old one's entities wherever they are the same ones.

    Args:
        old: What the reader held.
        new: What a snapshot made; it is changed to hold entities of `old`.
        news: Who is told what differs.
    """
    stay: dict[Mirror, Mirror] = {}
    for id_, fresh in new.mirrors.items():
        held = old.mirrors.get(id_)
        if held is not None and held._cls.number == fresh._cls.number:
            stay[fresh] = held
        else:
            news.born(fresh)
    for fresh, held in stay.items():
        for each in fresh._cls.fields:
            if each is not None:
                _take_field(held, fresh, each, stay, news)
    for fresh in list(new.mirrors.values()):
        kept = stay.get(fresh)
        if kept is None:
            # Its own children may be entities that stay.
            for each in fresh._cls.fields:
                if each is not None and each.kind is None:
                    value = _kept(fresh._values[each.index], stay)
                    fresh._values[each.index] = value
            here = fresh
        else:
            here = new.mirrors[fresh._id] = kept
            here._cls = fresh._cls
        above = fresh._parent
        here._parent = None if above is None else stay.get(above, above)
        here._field, here._key = fresh._field, fresh._key


def _kept(value: Any, stay: dict[Mirror, Mirror]) -> Any:
    """Return a value with the entities in it that stay."""
    if isinstance(value, Mirror):
        return stay.get(value, value)
    if isinstance(value, dict):
        return {key: stay.get(entry, entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [stay.get(entry, entry) for entry in value]
    return value


def _take_field(
    held: Mirror,
    fresh: Mirror,
    each: RemoteField,
    stay: dict[Mirror, Mirror],
    news: News,
) -> None:
    """Give a field of an entity that stays the value that the snapshot says."""
    index = each.index
    value = fresh._values[index]
    if each.shape == "one":
        value = _kept(value, stay) if each.kind is None else value
        news.field(held, each, held._values[index])
        held._values[index] = value
        return
    before = held._values[index]
    if not before and not value:
        held._values[index] = before if value is not ABSENT else ABSENT
        if before is ABSENT:
            held._values[index] = value
        return
    if before is ABSENT:
        held._values[index] = None
    have = content(held, each)
    want: Any = {} if value is None or value is ABSENT else value
    if each.kind is None:
        want = _kept(want, stay)
    if each.shape == "list":
        news.items(held, each, have)
        have[:] = list(want)
    elif each.shape == "map":
        for key, old in have.items():
            news.entry(held, each, key, old)
        for key in want:
            news.entry(held, each, key, have.get(key, ABSENT))
        have.clear()
        have.update(want)
    else:
        for old in have - set(want):
            news.member(held, each, old, held=True)
        for member in set(want) - have:
            news.member(held, each, member, held=False)
        have.clear()
        have.update(want)
    if value is ABSENT:
        held._values[index] = ABSENT
