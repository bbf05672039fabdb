"""Lacking: what those who watch a Space lack who are not told all with each patch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nexus.room.space.clearing import Clearing
from nexus.room.space.layer import Layer
from nexus.room.space.lookout import Lookout
from nexus.room.space.trickle import Trickle
from nexus.sim.interest import Sight
from nexus.state.tree import Tree

if TYPE_CHECKING:
    from nexus.room.client import Client

__all__ = ["Lacking"]


class Lacking:
    """What those who watch a Space lack who are not told all with each patch.

    They lag behind, or come back.

    Args:
        lookout: Who watches.
        layers: The Tables.
        clearing: What those are told of them who have roles.
        tree: The State.
        sight: How far clients see, and how often they hear of what is far.
    """

    def __init__(
        self,
        lookout: Lookout,
        layers: list[Layer],
        clearing: Clearing,
        tree: Tree,
        sight: Sight,
    ) -> None:
        self._lookout = lookout
        self._layers = layers
        self._clearing = clearing
        self._tree = tree
        # Who hears of a Cell often by now may have heard of it as seldom as this.
        self._most_behind = sight.slowest

    def lag(self, client: Client, version: int) -> None:
        """Tell a client from now on as much as it can take.

        Args:
            client: Who holds what it saw at a version.
            version: That version.
        """
        watcher = self._lookout.watchers.get(client)
        if watcher is not None:
            since = version - self._most_behind
            known = {cell: since for cell, _ in watcher.watch.held()}
            watcher.is_calm = False
            watcher.trickle = Trickle(self._layers, known)

    def trickle(self, client: Client, budget: int) -> bytes:
        """Return what a client that lags behind may be told now.

        Args:
            client: The client.
            budget: About how many bytes may go.
        """
        watcher = self._lookout.watchers.get(client)
        if watcher is None:
            return b""
        if watcher.trickle is None:
            # It began to watch when it was behind already.
            watcher.is_calm = False
            watcher.trickle = Trickle(self._layers, {})
        watch = watcher.watch
        out = watcher.trickle.step(self._lookout.step(watcher))
        masks = self._clearing.masks(watcher)
        out += watcher.trickle.take(watch.nearest(), self._tree.version, budget, masks)
        return b"".join(out)

    def is_told(self, client: Client) -> bool:
        """Tell whether a client that lags behind was told all there is to tell."""
        watcher = self._lookout.watchers.get(client)
        if watcher is None or watcher.trickle is None:
            return True
        is_done = watcher.trickle.is_done(self._tree.version)
        return watcher.watch.is_settled and is_done

    def keep_up(self, client: Client) -> None:
        """Tell a client again what all are told: it was told all else."""
        watcher = self._lookout.watchers.get(client)
        if watcher is None:
            return
        watcher.trickle = None
        # What it held on the way here nobody remembers.
        watcher.turns.clear()
        watcher.since = self._tree.version

    def missed(self, client: Client, version: int) -> bytes | None:
        """Return what a client lacks that saw what it saw at a version.

        None: it is not known any more what that was.
        """
        watcher = self._lookout.watchers.get(client)
        if watcher is None:
            return b""
        if version < watcher.since or watcher.trickle is not None:
            return None
        if watcher.watch.leaves:
            # Its eyes were closed while it was away: it may not hear what is there.
            return None
        turned = {cell for when, cell in watcher.turns if when > version}
        cells = watcher.watch.cells
        out: list[bytes] = []
        gone = [cell for cell in turned if cell not in cells]
        masks = self._clearing.masks(watcher)
        for layer, mask in zip(self._layers, masks, strict=True):
            for cell in cells:
                since = -1 if cell in turned else version - self._most_behind
                out.append(layer.changed(cell, since, mask))
            if gone:
                out.append(layer.drop(gone))
        return b"".join(out)
