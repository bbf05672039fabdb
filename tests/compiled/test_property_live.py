"""The law that entities live alike with and without C, whatever they are."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.compiled import parts
from nexus.sim import leap as leap_module
from nexus.sim import need as need_module
from nexus.sim import wander as wander_module
from nexus.sim.grid import Grid
from nexus.sim.life import Life
from nexus.sim.need import Need, Needs
from nexus.sim.placement import Placement
from nexus.sim.wander import Wander
from tests import examples
from tests.support.compiled import MISSING, parts_of

quick = parts_of()

_BOUNDS = (-50.0, 0.0, 90.0, 80.0)
_NAMES = ("x", "y", "vx", "vy", "food", "rest")


def _needs(*, many: bool) -> Needs:
    """Return needs of which serving one alone, or each, changes how they fall."""
    others = {"rest": 0.25} if many else {}
    return Needs(
        Need(name="food", fall=1 / 60, rise=1 / 3, low=0.3, others=others),
        Need(name="rest", fall=1 / 90, rise=1 / 12, low=0.2),
    )


class LifeLawTests(SynchronousTestCase):
    skip = MISSING or None

    @given(
        st.integers(1, 300) | st.integers(4_000, 5_000),
        st.integers(0, 2**32 - 1),
        st.booleans(),
        st.sampled_from(["bounds", "float32", "uint16", "float64"]),
        st.sampled_from(["one", "each"]),
    )
    @settings(max_examples=examples(test=300, soak=8_000))
    def test_steps_are_the_same_bits(
        self, count: int, seed: int, many: bool, ground: str, time: str
    ) -> None:
        """Whatever entities are and do, each step leaves the same numbers."""
        # Some of them choose at a time, as they do where there are very many.
        self.patch(need_module, "_LOOKS", 64)
        found = []
        for given_parts in (None, parts):
            for module in (need_module, wander_module):
                self.patch(module, "parts", given_parts)
            found.append(self.lived(count, seed, ground, time, many=many))
        self.assertEqual(found[0], found[1])

    def lived(
        self, count: int, seed: int, ground: str, time: str, *, many: bool
    ) -> list[Any]:
        """Return what entities are after each of a few steps."""
        chance = np.random.default_rng(seed)
        values: dict[str, Any] = {
            name: chance.normal(0.4, 40 if name in "xy" else 0.5, count).astype("f")
            for name in _NAMES
        }
        values["activity"] = chance.integers(0, 3, count).astype(np.uint8)
        # At the border they are not beyond it.
        values["x"][::7], values["vx"][::7] = _BOUNDS[2], 0
        values["food"][chance.random(count) < 0.05] = np.nan
        if ground == "bounds":
            walk = Wander(turn=8, bounds=_BOUNDS)
        else:
            walk = Wander(turn=8, homes=("hx", "hy"), reach=30.3)
            for name in ("hx", "hy"):
                values[name] = chance.integers(0, 60, count).astype(ground)
        life, told = Life(_needs(many=many), walk), []
        for _ in range(4):
            dt = 0.05 if time == "one" else chance.random(count) * 3
            life._step(values, dt, chance)
            # To add 0 makes one zero of the two that there are.
            told.append(
                [(each + each.dtype.type(0)).tobytes() for each in values.values()]
            )
        return told


class LeapLawTests(SynchronousTestCase):
    skip = MISSING or None

    @given(
        st.integers(1, 200),
        st.integers(0, 2**32 - 1),
        st.sampled_from([0.0, 1.0, 600.0, 86_400.0]),
        st.booleans(),
        st.booleans(),
    )
    @settings(max_examples=examples(test=60, soak=2_000))
    def test_leaps_are_the_same_bits(
        self, count: int, seed: int, span: float, many: bool, calm: bool
    ) -> None:
        """However long nobody looked, what became of entities is the same."""
        needs = _needs(many=many)
        if calm:
            # It falls only while another one is served, and it may be at its end.
            still = Need(name="calm", fall=0, rise=1 / 5, low=0.5, full=0.9)
            needs = Needs(*needs.needs, still)
        chance = np.random.default_rng(seed)
        names = [need.name for need in needs.needs]
        start: dict[str, Any] = {
            name: chance.normal(0.4, 0.5, count).astype("f") for name in names
        }
        start["activity"] = chance.integers(0, len(names) + 1, count).astype(np.uint8)
        start["food"][chance.random(count) < 0.02] = np.nan
        elapsed = chance.random(count) * span
        found = []
        for given_parts in (None, parts):
            self.patch(leap_module, "parts", given_parts)
            values = {name: array.copy() for name, array in start.items()}
            needs.leap(values, elapsed, chance)
            found.append(
                [(each + each.dtype.type(0)).tobytes() for each in values.values()]
            )
        self.assertEqual(found[0], found[1])

    def test_activities_that_are_none(self) -> None:
        """What nobody can do raises, with and without C."""
        for given_parts in (None, parts):
            self.patch(leap_module, "parts", given_parts)
            values = {name: np.full(3, 0.5, np.float32) for name in ("food", "rest")}
            values["activity"] = np.array([0, 3, 1], np.uint8)
            needs, chance = _needs(many=False), np.random.default_rng(1)
            with self.assertRaises(IndexError):
                needs.leap(values, np.full(3, 9.0), chance)


class OddTests(SynchronousTestCase):
    def test_what_c_does_not_take_goes_on_as_ever(self) -> None:
        """Columns and times of other kinds, or not side by side, live as floats do."""
        needs, walk = _needs(many=False), Wander(turn=8, bounds=np.array(_BOUNDS))  # type: ignore[arg-type]  # as some would
        found = []
        for kind in ("plain", "strided", "unaligned", "swapped", "double"):
            chance = np.random.default_rng(3)
            values: dict[str, Any] = {
                name: _laid(chance.random(40).astype(np.float32), kind)
                for name in _NAMES
            }
            values["activity"] = np.zeros(40, np.uint8)
            dt = _laid(np.full(40, 0.5, np.float32), kind)
            Life(needs, walk)._step(values, dt, chance)
            found.append(np.stack([values[name].astype("f8") for name in _NAMES]))

        for each in found[1:]:
            self.assertLess(abs(each - found[0]).max(), 1e-5)

    def test_positions_of_any_kind_are_followed(self) -> None:
        """Strays are found where positions are no floats, or not side by side."""
        grid = Grid(cell=10, bounds=(0, 0, 100, 100))
        where = np.random.default_rng(4).integers(0, 100, 60)
        for kind in ("plain", "strided", "unaligned", "swapped", "double", "whole"):
            placement, rows = Placement(grid), np.arange(60)
            placement.place(rows, grid.cells(where, where))
            there = (where + 30) % 100
            laid = there if kind == "whole" else _laid(there.astype(np.float32), kind)

            found = placement.strays(rows, laid, laid)

            cells = grid.cells(there, there)
            self.assertEqual(found.to.tolist(), cells[found.moved].tolist(), kind)
            self.assertEqual(len(found.moved) + len(found.stays), 60)
            for each in found:
                self.assertFalse(each.flags.writeable)


def _laid(values: Any, kind: str) -> Any:
    """Return the same numbers, laid in memory in another way."""
    if kind == "strided":
        return np.stack([values, values], axis=1)[:, 0]
    if kind == "unaligned":
        raw = np.empty(values.nbytes + 1, np.uint8)[1:].view(values.dtype)
        raw[:] = values
        return raw
    if kind == "swapped":
        return values.astype(values.dtype.newbyteorder())
    return values.astype(np.float64) if kind == "double" else values


class GivenTests(SynchronousTestCase):
    skip = MISSING or None

    def test_what_drift_is_given_is_checked(self) -> None:
        """Arrays of other numbers and lengths raise, and nothing is written."""
        good: list[Any] = [
            np.ones(3, np.float32),
            np.zeros(3, np.uint8),
            np.ones(2, np.float32),
            1,
            np.ones(3, np.float32),
            2.5,
        ]
        locked = good[0].copy()
        locked.flags.writeable = False
        for at, wrong in (
            (0, good[0].astype(np.float64)),
            (0, good[0].astype(np.int32)),
            (0, locked),
            (0, np.ones(6, np.float32)[::2]),
            (1, np.zeros(2, np.uint8)),
            (1, np.zeros(3, np.uint16)),
            (1, np.zeros(3, "S1")),
            (2, np.zeros(0, np.float32)),
            (2, np.zeros(2)),
            (3, 256),
            (3, "1"),
            (4, np.ones(2, np.float32)),
            (4, np.ones(3)),
            (4, np.ones((), np.float64)),
        ):
            with self.assertRaises((TypeError, ValueError, BufferError)):
                quick.drift(*good[:at], wrong, *good[at + 1 :])
        self.assertEqual(good[0].tolist(), [1, 1, 1])
        quick.drift(*good)
        self.assertEqual(good[0].tolist(), [2, 2, 2])
        none = np.ones(0, np.float32)
        quick.drift(none, np.ones(0, np.uint8), *good[2:4], none, 1.0)

    def test_what_walk_is_given_is_checked(self) -> None:
        """Arrays of other numbers and lengths raise, and nothing is written."""
        good: list[Any] = [
            np.ones(3, np.float32),
            np.ones(3, np.float32),
            np.ones((), np.float32),
            np.zeros(3, np.bool_),
            np.zeros(3, np.uint16),
            0.0,
            1.5,
        ]
        for at, wrong in (
            (0, np.ones(3)),
            (1, np.ones(2, np.float32)),
            (1, np.ones(3)),
            (2, np.ones(2, np.float32)),
            (2, np.ones(())),
            (3, np.zeros(2, np.bool_)),
            (3, np.zeros(3, np.int16)),
            (4, np.zeros(2, np.uint16)),
            (4, np.zeros(3, np.int16)),
            (4, np.zeros(3, np.float64)),
            (4, [0, 0, 0]),
        ):
            with self.assertRaises((TypeError, ValueError, BufferError)):
                quick.walk(*good[:at], wrong, *good[at + 1 :])
        self.assertEqual(good[0].tolist(), [1, 1, 1])
        quick.walk(*good)
        self.assertEqual((good[0].tolist(), good[3].all()), ([2, 2, 2], True))

    def test_what_stint_is_given_is_checked(self) -> None:
        """Arrays of other numbers and lengths raise, and so does what nobody can do."""
        good: list[Any] = [
            np.full((2, 3), 0.5),
            np.zeros(3, np.int64),
            np.full(3, 9.0),
            np.zeros(3),
            np.zeros(3, np.bool_),
            np.full((2, 3), -1.0),
            np.zeros((2, 3)),
            np.full(2, 0.3),
            np.ones(2),
        ]
        locked = good[0].copy()
        locked.flags.writeable = False
        for at, wrong in (
            (0, np.full((2, 3), 0.5, np.float32)),
            (0, np.full((2, 2), 0.5)),
            (0, np.full((3, 2), 0.5).T),
            (0, locked),
            (1, np.zeros(3, np.int32)),
            (1, np.zeros(3, np.uint64)),
            (1, np.zeros(2, np.int64)),
            (1, np.array([0, 3, 0])),
            (1, np.array([0, -1, 0])),
            (2, np.full(2, 9.0)),
            (3, np.zeros(2)),
            (3, np.zeros(25, np.uint8)[1:].view(np.float64)),
            (4, np.zeros(2, np.bool_)),
            (4, np.zeros(3, np.int64)),
            (5, np.full((2, 2), -1.0)),
            (6, np.zeros((3, 3))),
            (7, np.zeros(0)),
            (7, np.full(255, 0.3)),
            (8, np.ones(3)),
            (8, [1.0, 1.0]),
        ):
            with self.assertRaises((TypeError, ValueError, IndexError, BufferError)):
                quick.stint(*good[:at], wrong, *good[at + 1 :])
        with self.assertRaises(TypeError):
            quick.stint(*good[:-1])
        quick.stint(*good)
        self.assertEqual(good[4].tolist(), [True, True, True])
        none = [np.zeros((2, 0)), np.zeros(0, np.int64), np.zeros(0), np.zeros(0)]
        quick.stint(*none, np.zeros(0, np.bool_), *good[5:])
