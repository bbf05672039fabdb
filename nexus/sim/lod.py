"""Level of detail: which Level each Region deserves, with hysteresis and a budget."""

from __future__ import annotations

import numpy as np
from attrs import frozen
from numpy.typing import ArrayLike, NDArray

from nexus.sim.level import Detail, Level
from nexus.sim.tiling import Tiling

__all__ = ["Plan", "decide", "nearness"]


@frozen(eq=False)
class Plan:
    """Which Regions change their Level.

    Attributes:
        sinks: Regions that are run less finely from now on.
        rises: Regions that are run more finely, the nearest first. They may have to
            wait for rows that catch up.
        wanted: The Level that each Region shall have.
    """

    sinks: NDArray[np.intp]
    rises: NDArray[np.intp]
    wanted: NDArray[np.uint8]


def nearness(
    tiling: Tiling, x: ArrayLike, y: ArrayLike, reach: float
) -> NDArray[np.float64]:
    """Measure how far each Region is from the nearest watcher.

    Returns:
        The distances; beyond `reach` some are infinite.
    """
    xs, ys = np.atleast_1d(x), np.atleast_1d(y)
    near = np.full(tiling.count, np.inf)
    regions, ends = tiling.touching(xs, ys, reach)
    watcher = np.repeat(np.arange(len(xs)), np.diff(ends))
    far = tiling.distance(regions, xs[watcher], ys[watcher])
    np.minimum.at(near, regions, far)
    return near


def decide(
    levels: NDArray[np.uint8],
    changed: NDArray[np.int64],
    counts: NDArray[np.integer],
    near: NDArray[np.float64],
    *,
    detail: Detail,
    tick: int,
) -> Plan:
    """Decide which Regions change their Level.

    Args:
        levels: The Level of each Region.
        changed: The Tick at which each of them got it.
        counts: How many rows there are in each.
        near: How far each is from the nearest watcher.
        detail: What is deserved where.
        tick: The Tick.
    """
    is_full = levels == Level.FULL
    full = near <= np.where(is_full, detail.full_until, detail.full)
    is_coarse = levels >= Level.COARSE
    coarse = near <= np.where(is_coarse, detail.coarse_until, detail.coarse)
    wanted = np.where(coarse, np.uint8(Level.COARSE), np.uint8(Level.AGGREGATE))
    wanted[full] = Level.FULL
    stays = (wanted < levels) & (tick - changed < detail.stay)
    wanted[stays] = levels[stays]
    _limit(wanted, counts, near - is_full * (detail.full_until - detail.full), detail)
    rises = np.flatnonzero(wanted > levels)
    rises = rises[np.argsort(near[rises], kind="stable")]
    return Plan(np.flatnonzero(wanted < levels), rises, wanted)


def _limit(
    wanted: NDArray[np.uint8],
    counts: NDArray[np.integer],
    rank: NDArray[np.float64],
    detail: Detail,
) -> None:
    """Make those Regions coarse for whose rows the budget of full ones is too small.

    Those that are full have an advantage, or two that are as near as each other would
    take turns.
    """
    full = np.flatnonzero(wanted == Level.FULL)
    if counts[full].sum(dtype=np.int64) <= detail.most_full:
        return
    order = full[np.argsort(rank[full], kind="stable")]
    sizes = counts[order]
    # As many of the nearest as there is room for, and of the others who fits by chance.
    begin = int(np.searchsorted(np.cumsum(sizes), detail.most_full, "right"))
    left, late = detail.most_full - int(sizes[:begin].sum()), []
    for number, size in enumerate(sizes[begin:].tolist(), begin):
        if size <= left:
            left -= size
        else:
            late.append(number)
    wanted[order[late]] = Level.COARSE
