"""A snapshot as a difference: what is there already stays the same object."""

from __future__ import annotations

from typing import Any

from nexus.state.call import GONE, same
from nexus.wire.native.absent import ABSENT
from nexus.wire.native.held import HeldRows
from nexus.wire.native.news import News
from nexus.wire.native.outline import RemoteField
from nexus.wire.native.table import Mirror, Table, content

__all__ = ["take_over"]


def take_over(old: Table, new: Table, news: News) -> None:
    """Let the new table use the old one's entities wherever they are the same ones.

    Args:
        old: What the reader held; what a refused payload did to it is made good.
        new: What a snapshot made; it is changed to hold entities of `old`.
        news: Who is told what differs.
    """
    known = dict(old.mirrors)
    # Listeners know the first of those that had an id, whatever took it since.
    known.update((each._id, each) for each in reversed(old.replaced))
    stay: dict[Mirror, Mirror] = {}
    for id_, fresh in new.mirrors.items():
        held = known.get(id_)
        if held is not None and held._cls is fresh._cls:
            stay[fresh] = held
    for fresh, held in stay.items():
        for each in fresh._cls.by_name.values():
            _take_field(held, fresh, each, stay, news)
    for held in known.values():
        news.place(held)
        held._parent = held._field = held._key = None
    for fresh in list(new.mirrors.values()):
        _take_place(fresh, new, stay, news)


def _take_place(
    fresh: Mirror, new: Table, stay: dict[Mirror, Mirror], news: News
) -> None:
    """Give an entity the place that the snapshot says."""
    above, hung, key = fresh._parent, fresh._field, fresh._key
    here = stay.get(fresh)
    if here is None:
        here = fresh
        # Its own children may be entities that stay.
        for each in fresh._cls.by_name.values():
            if each.nests:
                fresh._values[each.index] = _kept(fresh._values[each.index], stay)
        fresh._parent = None
        news.place(fresh)
    new.mirrors[fresh._id] = here
    here._parent = None if above is None else stay.get(above, above)
    here._field, here._key = hung, key


def _kept(value: Any, stay: dict[Mirror, Mirror]) -> Any:
    """Return a value with the entities in it that stay."""
    if isinstance(value, Mirror):
        return stay.get(value, value)
    if isinstance(value, dict):
        return {key: stay.get(entry, entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [stay.get(entry, entry) for entry in value]
    return value


def _take_rows(
    held: Mirror, each: RemoteField, have: HeldRows, want: HeldRows, news: News
) -> None:
    """Give a Table the rows that the snapshot says."""
    news.rows(held, each, have, have)
    news.rows(held, each, have, want)
    have.become(want)


def _take_field(
    held: Mirror,
    fresh: Mirror,
    each: RemoteField,
    stay: dict[Mirror, Mirror],
    news: News,
) -> None:
    """Give a field of an entity that stays the value that the snapshot says."""
    index = each.index
    before, value = held._values[index], fresh._values[index]
    if each.shape == "one":
        value = _kept(value, stay) if each.nests else value
        if not same(before, value):
            news.field(held, each, before)
        held._values[index] = value
        return
    if not before and not value:
        if before is ABSENT or value is ABSENT:
            held._values[index] = value
        return
    if before is ABSENT:
        held._values[index] = None
    have = content(held, each)
    if each.rows is not None:
        _take_rows(held, each, have, value or HeldRows(each.rows), news)
        if value is ABSENT:
            held._values[index] = ABSENT
        return
    want: Any = {} if value is None or value is ABSENT else value
    if each.nests:
        want = _kept(want, stay)
    if each.shape == "list":
        news.splice(held, each, have, 0, len(have), len(want))
        have[:] = list(want)
    elif each.shape == "map":
        for key, entry in have.items():
            news.entry(held, each, key, entry)
        for key in want:
            news.entry(held, each, key, have.get(key, GONE))
        have.clear()
        have.update(want)
    else:
        for member in have - set(want):
            news.member(held, each, member, held=True)
        for member in set(want) - have:
            news.member(held, each, member, held=False)
        have.clear()
        have.update(want)
    if value is ABSENT:
        held._values[index] = ABSENT
