"""The ground: where towns stand, what is built in them, and who lives there."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from examples.life.world import SIDE, Building

__all__ = ["Site", "build", "settle"]

Array = NDArray[Any]
_HOME, _WORK, _INN, _PARK, _GREEN = range(len(Building))
#: How many live in a town on average, and in a house.
_TOWN: Final = 900
_HOUSE: Final = 5
#: Buildings stand on rings around the green in the middle: so far apart, and so near to
#: each other on one ring.
_MIDDLE: Final = 34.0
_RING: Final = 24.0
_PLOT: Final = 17.0
#: Towns keep away from each other and from the edge.
_EDGE: Final = 360
_TRIES: Final = 24
#: Of so many one works in another town.
_COMMUTE: Final = 30

# fmt: off
_HEADS: Final = (
    "Alder", "Amber", "Ash", "Birch", "Bramble", "Brook", "Clover", "Copper", "Crow",
    "Elm", "Ember", "Fern", "Finch", "Fox", "Hazel", "Heron", "Honey", "Ivy",
    "Juniper", "Kestrel", "Lark", "Linden", "Maple", "Marsh", "Meadow", "Mill",
    "Moss", "Oak", "Otter", "Pebble", "Quill", "Raven", "Reed", "River", "Rowan",
    "Sage", "Silver", "Sorrel", "Swan", "Thistle", "Thorn", "Willow", "Wren",
    "Yarrow",
)
# fmt: on
_TAILS: Final = ("ford", "ton", "bury", "dale", "field", "wick", "mere", "stead", "ham")


@frozen(eq=False, kw_only=True)
class Site:
    """One town, and its places by their rows."""

    name: str
    x: float
    y: float
    radius: float
    people: int
    homes: Array
    works: Array
    inns: Array
    parks: Array


def build(people: int, random: np.random.Generator) -> tuple[list[Site], Array]:
    """Found towns for so many people, and build them.

    Returns:
        The towns, and the places of all of them: x, y, building and angle.
    """
    count = max(3, round(people / _TOWN))
    share = random.lognormal(0, 0.65, count)
    sizes = np.maximum(1, (share / share.sum() * people).astype(int))
    sizes[0] += people - sizes.sum()
    names = random.permutation(
        [head + tail for head in _HEADS for tail in _TAILS if head[-1] != tail[0]]
    )
    sites: list[Site] = []
    places: list[Array] = []
    start = 0
    for (x, y), size, name in zip(_spots(count, random), sizes, names, strict=False):
        built = _plots(int(size), random)
        built[:, 0] += x
        built[:, 1] += y
        rows = np.arange(start, start + len(built))
        radius = float(np.hypot(built[:, 0] - x, built[:, 1] - y).max()) + 12
        kinds = built[:, 2]
        sites.append(
            Site(
                name=str(name),
                x=x,
                y=y,
                radius=radius,
                people=int(size),
                homes=rows[kinds == _HOME],
                works=rows[kinds == _WORK],
                inns=rows[kinds == _INN],
                parks=rows[kinds >= _PARK],
            )
        )
        places.append(built)
        start += len(built)
    return sites, np.concatenate(places)


def settle(sites: list[Site], random: np.random.Generator) -> dict[str, Array]:
    """Let people move in: return their columns, without positions."""
    parts: list[dict[str, Array]] = []
    for number, site in enumerate(sites):
        count = site.people
        home = np.resize(random.permutation(site.homes), count)
        work = random.choice(site.works, count)
        away = random.integers(_COMMUTE, size=count) == 0
        work[away] = random.choice(_neighbour(sites, number).works, int(away.sum()))
        parts.append(
            {
                "home": home,
                "work": work,
                "inn": random.choice(site.inns, count),
                "park": random.choice(site.parks, count),
            }
        )
    columns = {
        name: np.concatenate([part[name] for part in parts]) for name in parts[0]
    }
    total = len(columns["home"])
    return {
        **columns,
        "bed": np.clip(random.normal(22, 0.8, total), 19.5, 24.5) % 24,
        "lot": random.integers(1 << 32, size=total),
        "food": random.uniform(0.35, 1, total),
        "social": random.uniform(0.35, 1, total),
    }


def _neighbour(sites: list[Site], number: int) -> Site:
    """Return the town that is nearest to another one."""
    one = sites[number]
    others = sites[:number] + sites[number + 1 :]
    return min(others, key=lambda each: (each.x - one.x) ** 2 + (each.y - one.y) ** 2)


def _spots(count: int, random: np.random.Generator) -> list[tuple[float, float]]:
    """Choose where towns stand: of several spots that which is farthest from others."""
    spots = [(SIDE / 2, SIDE / 2)]
    while len(spots) < count:
        tried = random.uniform(_EDGE, SIDE - _EDGE, (_TRIES, 2))
        known = np.array(spots)
        gaps = np.hypot(*(tried[:, None] - known[None]).transpose(2, 0, 1)).min(axis=1)
        x, y = tried[gaps.argmax()]
        spots.append((float(x), float(y)))
    return spots


def _plots(people: int, random: np.random.Generator) -> Array:
    """Part the ground of a town, around its green: return its places."""
    wanted = {
        _HOME: max(3, -(-people // _HOUSE)),
        _WORK: max(2, people // 40),
        _INN: max(1, people // 130),
        _PARK: people // 300,
    }
    total = sum(wanted.values())
    found: list[Array] = []
    radius = _MIDDLE
    while sum(map(len, found)) < total:
        count = int(2 * np.pi * radius / _PLOT)
        angle = random.uniform(0, 7) + np.arange(count) * 2 * np.pi / count
        found.append(np.column_stack([np.full(count, radius), angle]))
        radius += _RING
    out, angle = np.concatenate(found)[:total].T
    out += random.uniform(-1.5, 1.5, total)
    # Inns stand near the middle, all else is mixed.
    kinds = np.repeat([*wanted], [*wanted.values()])
    order = np.argsort(random.random(total) - 0.6 * (kinds == _INN))
    plots = np.column_stack(
        [
            np.cos(angle) * out,
            np.sin(angle) * out,
            kinds[order],
            np.degrees(angle) % 360,
        ]
    )
    return np.concatenate([[[0, 0, _GREEN, 0]], plots])
