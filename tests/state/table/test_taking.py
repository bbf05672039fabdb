"""Tests of `nexus.state.table.taking`."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import FieldError
from nexus.state import State, Table, Tree, quantized


class _Row(State):
    """A row of columns whose ends are treated differently."""

    wide: Annotated[float, quantized(-1e5, 1e5, 32)]
    angle: Annotated[float, quantized(0, 360, 16, beyond="wrap")]
    share: Annotated[float, quantized(0.7, 1.7, 8, beyond="clamp")]


class _World(State):
    """Where they are."""

    rows: Table[_Row]


class QuantizedTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Make some rows."""
        world: Any = _World()  # type: ignore[call-arg]  # a Table is made by itself
        Tree(world)
        self.table = world.rows
        self.table.add(3)

    def held(self, name: str, values: Any) -> list[float]:
        """Write values, and return what the column holds."""
        self.table.put(slice(None), **{name: values})
        held: list[float] = self.table.column(name).tolist()
        return held

    def test_the_upper_end_of_what_wraps_is_the_lower_one(self) -> None:
        """Whatever it comes with, and as a State has it."""
        for values in ([360.0, 10.0, 20.0], [360, 10, 20], [360.0, 370.0, -340.0]):
            for kind in (np.float64, np.float32, np.float16):
                held = self.held("angle", np.array(values, kind))
                self.assertEqual(held, [0, 10, 20])
        self.assertEqual(self.held("angle", 360), [0, 0, 0])
        self.assertEqual(_Row(angle=360.0).angle, 0)  # type: ignore[call-arg]  # the rest has defaults

    def test_infinities_are_refused_in_few_bits(self) -> None:
        """An end that such a number cannot hold is not as large as it."""
        for kind in (np.float16, np.float32, np.float64):
            for number in (np.inf, -np.inf, np.nan):
                with self.assertRaises(FieldError):
                    self.held("wide", np.array([number, 0, 1], kind))

    def test_what_few_bits_round_is_held_within_the_ends(self) -> None:
        """A hair below the end is the end."""
        low = np.float32(0.7)

        self.assertLess(float(low), 0.7)
        self.assertEqual(self.held("share", np.full(3, low)), [float(low)] * 3)
        high = float(np.float32(1.7))
        held = self.held("share", [0.0, 1.0, 9.0])
        self.assertEqual(held, [float(low), 1.0, high])

    def test_there_may_be_none(self) -> None:
        """To write no rows is no mistake."""
        before = self.table.column("wide").tolist()

        self.table.put(np.zeros(0, np.int64), wide=np.zeros(0), angle=np.zeros(0))

        self.assertEqual(self.table.column("wide").tolist(), before)
