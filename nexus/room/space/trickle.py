"""Trickle: what a client that lags behind is told of its Cells, a little at a time."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import define, field

from nexus.room.space.layer import Layer
from nexus.sim.interest import Glance

__all__ = ["Trickle"]

#: Nothing of a Cell is known.
_NOTHING = (-1, -1)
#: Rows of all ids are known, as they were at a version.
_ALL = 1 << 62


@define(eq=False)
class Trickle:
    """How far one client that lags behind was told of each of its Cells.

    Half of what may go is for the nearest Cells, the other for those that wait longest:
    so what is near is fresh, and nothing waits for ever.

    Args:
        layers: The Tables; one may leave.
        cells: Its Cells, nearest first, and the version up to which it knows each.
    """

    _layers: list[Layer]
    #: For each Layer, by Cell: up to which version, and in that up to which id.
    _known: dict[Layer, dict[int, tuple[int, int]]] = field(init=False)
    cells: dict[int, int]

    def __attrs_post_init__(self) -> None:
        known = {cell: (version, _ALL) for cell, version in self.cells.items()}
        self._known = {layer: dict(known) for layer in self._layers}

    def step(self, step: Glance) -> list[bytes]:
        """Follow what it sees; return what it has to hear of that at once."""
        out = []
        for layer in self._layers:
            known = self._known[layer]
            for cell in step.entered:
                known[cell] = _NOTHING
            held = [cell for cell in step.left if known.pop(cell, _NOTHING) != _NOTHING]
            if held:
                out.append(layer.drop(held))
        return out

    def take(
        self, cells: Iterable[int], version: int, budget: int, masks: list[int]
    ) -> list[bytes]:
        """Return what may go now.

        Args:
            cells: Its Cells, nearest first.
            version: The newest.
            budget: About how many bytes may go.
            masks: For each Layer the fields that it may see.
        """
        near = list(cells)
        self._expect(near, version, budget, masks)
        out = self._take(near, version, budget // 2, masks)
        rest = budget - sum(map(len, out))
        known = [self._known[layer] for layer in self._layers]
        if not known:
            # There are Maps only, which views show.
            return out
        waiting = sorted(near, key=lambda cell: min(each[cell] for each in known))
        self._expect(waiting, version, rest, masks)
        return out + self._take(waiting, version, rest, masks)

    def _expect(
        self, cells: list[int], version: int, budget: int, masks: list[int]
    ) -> None:
        """Have that written at once which may be taken of some Cells.

        Any Layer may be the one that has most to tell, so each is given all the room.
        """
        told = version, _ALL
        for layer, mask in zip(self._layers, masks, strict=True):
            known = self._known[layer]
            waits = ((cell, known[cell]) for cell in cells if known[cell] != told)
            layer.expect_some(waits, budget, mask)

    def _take(
        self, cells: list[int], version: int, budget: int, masks: list[int]
    ) -> list[bytes]:
        out: list[bytes] = []
        layers = list(zip(self._layers, masks, strict=True))
        for cell in cells:
            for layer, mask in layers:
                known = self._known[layer]
                since = known[cell]
                if since == (version, _ALL):
                    continue
                body, ends = layer.some(cell, since, budget, mask)
                if body and len(body) > budget and out:
                    return out
                known[cell] = (version, _ALL) if ends is None else ends
                if body:
                    out.append(body)
                    budget -= len(body)
            if budget <= 0:
                break
        return out

    def is_done(self, version: int) -> bool:
        """Tell whether it knows of everything up to a version."""
        return all(
            since == (version, _ALL)
            for layer in self._layers
            for since in self._known[layer].values()
        )
