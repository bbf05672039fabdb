"""Guide: shows clients of the `schema` format what they see of Spaces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nexus.room.courier import PATCH
from nexus.room.format import SchemaFormat
from nexus.room.layer import Layer
from nexus.sim.interest import Glance, Watch
from nexus.wire.colyseus import MapCells
from nexus.wire.envelope import contents, seal

if TYPE_CHECKING:
    from nexus.room.client import Client
    from nexus.room.space import Space

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
        self._alike: dict[tuple[Space, SchemaFormat, Any], bytes] = {}
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

    def whole(self, client: Client, format_: SchemaFormat) -> bytes:
        """Return all that a client sees, for one that is told anew."""
        return b"".join(
            [
                _cells(layer, format_).whole(cell, layer.rows_in(cell))
                for space in self.spaces
                for cell in space.begin(client)
                for layer in space.layers
            ]
        )

    def _tell(self, space: Space, client: Client, format_: SchemaFormat) -> bytes:
        watch = space.watch_of(client)
        if watch is None:
            return b""
        if not watch.is_settled:
            return _told(space, watch, space.step(client), format_)
        key = space, format_, watch.key()
        known = self._alike.get(key)
        if known is None:
            known = self._alike[key] = _told(space, watch, Glance(), format_)
        return known


def _told(space: Space, watch: Watch, step: Glance, format_: SchemaFormat) -> bytes:
    """Return what somebody has to be told of all Layers."""
    out: list[bytes] = []
    for layer in space.layers:
        out += _news(layer, watch, step, _cells(layer, format_))
    return b"".join(out)


def _cells(layer: Layer, format_: SchemaFormat) -> MapCells:
    """Return what writes for each Cell of a Layer what its last flush did."""
    cells = format_.cells(layer.whereabouts.table)
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
    for cell, every in step.sooner:
        out.append(cells.writes(every).get(cell, b""))
        out += cells.written(layer.arrears_of(cell, every), None).values()
    # Who left a Cell that was seen before may have gone where it is seen still.
    for cell in (partings.keys() & (watched | frozenset(step.left))) - fresh:
        out += [body for to, body in partings[cell].items() if to not in watched]
    out += [cells.loss(cell, layer.rows_in(cell)) for cell in step.left]
    return out
