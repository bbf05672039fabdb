"""Guide: shows clients of the `schema` format what they see of Spaces."""

from __future__ import annotations

from collections.abc import Set
from typing import TYPE_CHECKING, Any

from nexus.room.fanout.courier import PATCH
from nexus.room.fanout.format import SchemaFormat
from nexus.room.space.layer import Layer
from nexus.room.space.watcher import Watcher
from nexus.sim.interest import Glance, Watch
from nexus.wire.colyseus import MapCells
from nexus.wire.envelope import contents, seal

if TYPE_CHECKING:
    from nexus.room.client import Client
    from nexus.room.space.space import Space

__all__ = ["Guide"]


class Guide:
    """Shows clients of the `schema` format what they see of Spaces.

    Such a client has a map of each Table, with the rows of the Cells that it watches.

    Args:
        spaces: All Spaces of the Room; there may come more.
    """

    def __init__(self, spaces: list[Space]) -> None:
        self.spaces = spaces
        #: What is told alike to those who see the same, in this version.
        self._alike: dict[tuple[Space, SchemaFormat, Any, Any], bytes] = {}
        #: Frames of this version: what all are told, with what some see beside that.
        self._frames: dict[tuple[bytes, bytes], bytes] = {}

    def begin(self) -> None:
        """Forget what was told in the version before."""
        self._alike = {}
        self._frames = {}

    def tell(self, client: Client, format_: SchemaFormat, frame: bytes) -> bytes:
        """Return what a client is told, in a frame; those who see the same share it.

        Args:
            client: Who sees something of the Spaces.
            format_: Its format.
            frame: What it is told beside that; empty if nothing.
        """
        near = b"".join([self._tell(each, client, format_) for each in self.spaces])
        if not near:
            return frame
        known = self._frames.get((frame, near))
        if known is None:
            patch = bytes(contents(frame)) if frame else PATCH
            known = self._frames[frame, near] = seal(patch + near)
        return known

    def whole(
        self, client: Client, format_: SchemaFormat, *, is_new: bool = True
    ) -> bytes:
        """Return all that a client sees, for one that is told anew.

        Args:
            client: Who sees something of the Spaces.
            format_: Its format.
            is_new: Whether it holds nothing yet.
        """
        out: list[bytes] = []
        for space in self.spaces:
            space.begin(client)
            watcher = space.watcher_of(client)
            if watcher is None:
                continue
            space.clearing.renew(watcher)
            out += _wholes(space, watcher, format_)
            if not is_new:
                out += _veils(space, watcher, space.clearing.roles, format_)
        return b"".join(out)

    def _tell(self, space: Space, client: Client, format_: SchemaFormat) -> bytes:
        watcher = space.watcher_of(client)
        if watcher is None:
            return b""
        if space.clearing.is_due(watcher):
            before = space.clearing.renew(watcher)
            told = _told(space, watcher, space.step(client), format_)
            again = _wholes(space, watcher, format_)
            return b"".join([told, *again, *_veils(space, watcher, before, format_)])
        if not watcher.watch.is_settled:
            return _told(space, watcher, space.step(client), format_)
        key = space, format_, watcher.watch.key(), watcher.roles
        known = self._alike.get(key)
        if known is None:
            known = self._alike[key] = _told(space, watcher, Glance(), format_)
        return known


def _told(space: Space, watcher: Watcher, step: Glance, format_: SchemaFormat) -> bytes:
    """Return what somebody has to be told of all Layers."""
    out: list[bytes] = []
    for layer in space.layers:
        out += _news(layer, watcher.watch, step, _cells(layer, format_, watcher.roles))
    return b"".join(out)


def _wholes(space: Space, watcher: Watcher, format_: SchemaFormat) -> list[bytes]:
    """Return all that somebody sees."""
    return [
        _cells(layer, format_, watcher.roles).whole(cell, layer.rows_in(cell))
        for cell in watcher.watch.cells
        for layer in space.layers
    ]


def _veils(
    space: Space, watcher: Watcher, before: Set[str], format_: SchemaFormat
) -> list[bytes]:
    """Return what somebody may see no longer whose roles were others before."""
    found = []
    for layer in space.layers:
        veiled = layer.mask(before) & ~layer.mask(watcher.roles)
        if veiled:
            rows = layer.whereabouts.rows_in_all(list(watcher.watch.cells))
            cells = _cells(layer, format_, watcher.roles)
            found.append(cells.veils(veiled, rows))
    return found


def _cells(layer: Layer, format_: SchemaFormat, roles: Set[str]) -> MapCells:
    """Return what writes for each Cell of a Layer what its last flush did."""
    cells = format_.cells(layer.whereabouts.table, layer.mask(roles))
    if layer.outcome is not None:
        cells.follow(layer.outcome)
    return cells


def _news(layer: Layer, watch: Watch, step: Glance, cells: MapCells) -> list[bytes]:
    """Return what somebody has to be told of one Layer.

    Args:
        layer: The Layer.
        watch: What is seen now.
        step: How that changes with this patch.
        cells: What writes it.
    """
    watched, fresh = watch.cells.keys(), frozenset(step.entered)
    out = [cells.whole(cell, layer.rows_in(cell)) for cell in step.entered]
    news, partings = cells.news(), cells.partings()
    out += [news[cell] for cell in (news.keys() & watched) - fresh]
    for every in cells.rates:
        rated = watch.at(every)
        if rated:
            writes = cells.writes(every)
            out += [writes[cell] for cell in (writes.keys() & rated) - fresh]
    for cell, every in layer.shifted(step):
        out.append(cells.writes(every).get(cell, b""))
        out += cells.written(layer.arrears_of(cell, every), None).values()
    # Who left a Cell that was seen before may have gone where it is seen still.
    for cell in (partings.keys() & (watched | frozenset(step.left))) - fresh:
        out += [body for to, body in partings[cell].items() if to not in watched]
    out += [cells.loss(cell, layer.rows_in(cell)) for cell in step.left]
    return out
