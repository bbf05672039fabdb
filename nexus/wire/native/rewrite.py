"""Rewriting: what a Replica holds as one snapshot, without the classes of a game.

A journal is folded into its snapshot by this, wherever the game's code is not at hand.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from nexus.wire.codec import pack
from nexus.wire.native.absent import ABSENT
from nexus.wire.native.column import pack_raw
from nexus.wire.native.fold import fold_of
from nexus.wire.native.ids import write_ids
from nexus.wire.native.op import Op, claims, weight
from nexus.wire.native.outline import RemoteClass, RemoteField
from nexus.wire.native.replica import Replica
from nexus.wire.native.table import Mirror

__all__ = ["rewrite"]

_PADDING: Final = b"\xc0"


def rewrite(replica: Replica) -> bytes:
    """Return a snapshot of all that a Replica holds, who owns what included.

    Raises:
        PeerError: It holds nothing yet.
    """
    assert replica.state is not None
    groups: dict[tuple[RemoteClass, int], list[Mirror]] = {}
    entities = replica.entities
    for mirror in entities:
        groups.setdefault((mirror._cls, _mask(mirror)), []).append(mirror)
    out = [pack(replica.version), pack(replica.outline.fingerprint)]
    owed = 0
    for (cls, mask), mirrors in groups.items():
        _write_new(out, cls, mask, mirrors)
        owed += weight(len(cls.fields)) * len(mirrors)
    silent = 0
    for (cls, mask), mirrors in groups.items():
        for each in cls.of_mask(mask):
            # References come when all that is new is there.
            if each.rows is not None:
                owed += _write_rows(out, each, mirrors)
            elif each.shape != "one":
                silent += _write_containers(out, cls, each, mirrors)
            elif each.kind is None:
                _write_references(out, cls, each, mirrors)
    _write_owners(out, replica, entities)
    body = b"".join(out)
    return body + _PADDING * max(0, owed + claims(silent) - len(body))


def _mask(mirror: Mirror) -> int:
    """Return the bits of the fields that are there."""
    mask = 0
    for index, value in enumerate(mirror._values):
        if value is not ABSENT:
            mask |= 1 << index
    return mask


def _write_new(
    out: list[bytes], cls: RemoteClass, mask: int, mirrors: list[Mirror]
) -> None:
    out += (pack(Op.CREATE.value), pack(cls.number), pack(mask))
    out.append(write_ids([mirror._id for mirror in mirrors]))
    for each in cls.of_mask(mask):
        if each.shape == "one" and each.kind is not None:
            index = each.index
            out.append(
                pack_raw(each.kind, [mirror._values[index] for mirror in mirrors])
            )


def _write_references(
    out: list[bytes], cls: RemoteClass, each: RemoteField, mirrors: list[Mirror]
) -> None:
    index = each.index
    some = [mirror for mirror in mirrors if mirror._values[index] is not None]
    if some:
        out += (pack(cls.number), pack(1 << index))
        out.append(write_ids([mirror._id for mirror in some]))
        out.append(pack_raw(None, [mirror._values[index]._id for mirror in some]))


def _write_containers(
    out: list[bytes], cls: RemoteClass, each: RemoteField, mirrors: list[Mirror]
) -> int:
    """Write the content of a field's containers; return what ids alone name."""
    silent = 0
    for mirror in mirrors:
        held = mirror._values[each.index]
        if not held:
            continue
        fold = fold_of(each)
        if each.shape == "map":
            fold.set(list(held), _plain(each, held.values()))
        elif each.shape == "list":
            fold.assign(_plain(each, held))
        else:
            fold.add(list(held))
        head = pack(cls.number) + pack(each.index) + pack(mirror._id)
        out.append(fold.written(head))
        silent += fold.silent
    return silent


def _write_rows(out: list[bytes], each: RemoteField, mirrors: list[Mirror]) -> int:
    """Write the rows of a field's Tables; return what they weigh."""
    heavy = 0
    for mirror in mirrors:
        held = mirror._values[each.index]
        if held:
            fold = fold_of(each)
            for cell, mask, ids, columns in held.groups():
                fold.say(Op.ROWS, cell, mask, ids, columns)
            head = pack(each.owner) + pack(each.index) + pack(mirror._id)
            out.append(fold.written(head))
            heavy += fold.weight
    return heavy


def _plain(each: RemoteField, values: Iterable[Any]) -> list[Any]:
    """Return values as columns have them: entities are their ids."""
    if each.kind is None:
        return [mirror._id for mirror in values]
    return list(values)


def _write_owners(out: list[bytes], replica: Replica, entities: list[Mirror]) -> None:
    owned = [mirror._id for mirror in entities if replica.owners.get(mirror._id)]
    if owned:
        names = [replica.owners[id_] for id_ in owned]
        out += (pack(Op.OWN.value), write_ids(owned))
        out.append(pack(names[0] if len(names) == 1 else names))
