"""The day: where people are at which hour, and how they get there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from examples.life.world import Doing
from nexus.sim.column import Seconds, Values
from nexus.sim.need import Need, Needs

__all__ = ["DAY", "Day", "needs"]

#: How many seconds a day lasts, and an hour.
DAY: Final = 480
_HOUR: Final = DAY / 24
#: Metres a second: time flies here, and so do people, a little.
_SPEED: Final = 8.0
#: Hours of sleep, and when after going to bed work begins and ends.
_SLEEP: Final = 8.0
_WORK: Final = (9.0, 17.5)
#: How tired somebody is at most.
_TIRED: Final = 0.12
#: How long it takes to eat, or to meet, about.
_MEAL: Final = 30.0
#: Somebody who was not looked at for so many seconds is anywhere on the way.
_LONG: Final = 90.0

_SLEEPS, _STAYS, _WORKS, _EATS, _MEETS, _STROLLS = range(len(Doing))
#: How far from the middle of each kind of place people are; how far a stroll goes.
_WIDE: Final = np.array([7, 7, 6, 10, 27], np.float32)
_FAR: Final = np.float32(75)
#: For how many seconds they stand at one spot, for each doing.
_STAND: Final = np.array([1e6, 14, 9, 40, 12, 16], np.float32)


def needs() -> Needs:
    """Say how people get hungry and lonely; how they sleep is a matter of the hour."""
    return Needs(
        Need(name="food", fall=1 / 150, rise=1 / 32, low=0.3, others={"social": 0.4}),
        Need(name="social", fall=1 / 210, rise=1 / 50, low=0.3, others={"food": 0.6}),
    )


class Day:
    """Leads people through their day: a part of a `Life`, after its needs.

    Where somebody wants to be follows from the hour, from the need that is served, and
    from chance that is the same whenever one looks. So who was away for a week is found
    where they would be.

    Args:
        x: Where the places are, by their row.
        y: The other number of their positions.
        building: What each of them is.

    Attributes:
        now: Seconds since the beginning. It is set before people are advanced.
    """

    def __init__(
        self, x: NDArray[Any], y: NDArray[Any], building: NDArray[Any]
    ) -> None:
        self.writes: tuple[str, ...] = ("x", "y", "doing", "rest")
        places = ("home", "work", "inn", "park")
        self.reads: tuple[str, ...] = (*places, "activity", "bed", "lot")
        self.now = 0.0
        self._x = x.astype(np.float32)
        self._y = y.astype(np.float32)
        self._wide = _WIDE[building]

    @property
    def hour(self) -> float:
        """What time it is."""
        return self.now / _HOUR % 24

    def step(
        self, values: Mapping[str, Values], dt: Seconds, random: np.random.Generator
    ) -> None:
        """Let people walk for a short time."""
        doing = self._decide(values)
        self._walk(values, *self._aim(values, doing), dt)

    def leap(
        self, values: Mapping[str, Values], elapsed: Values, random: np.random.Generator
    ) -> None:
        """Put people where they are after any time: at a place, or on the way."""
        doing = self._decide(values)
        long = elapsed > _LONG
        rows = values["work"].copy()
        np.copyto(rows, values["home"], where=doing == _WORKS)
        np.copyto(values["x"], self._x[rows], where=long)
        np.copyto(values["y"], self._y[rows], where=long)
        since = np.minimum(elapsed, self._since(values, doing, random))
        self._walk(values, *self._aim(values, doing), since.astype(np.float32))

    def _decide(self, values: Mapping[str, Values]) -> Values:
        """Write what people do, and how rested they are; return the former."""
        lot, activity = values["lot"], values["activity"]
        awake = np.float32(24 - _SLEEP)
        past = np.mod(np.float32(self.hour) - values["bed"], np.float32(24))
        asleep = past < _SLEEP
        today = np.uint32(int(self.now / DAY) & 3)
        doing = values["doing"]
        evening = past >= _WORK[1]
        doing[:] = np.where(evening & ((lot >> 5) + today & 3 != 0), _STROLLS, _STAYS)
        doing[(past >= _WORK[0]) & (past < _WORK[1])] = _WORKS
        doing[activity == 1] = _EATS
        doing[activity == 2] = _MEETS
        doing[asleep] = _SLEEPS
        rest = np.where(
            asleep, past / np.float32(_SLEEP), 1 - (past - np.float32(_SLEEP)) / awake
        )
        values["rest"][:] = _TIRED + (1 - _TIRED) * rest
        return doing

    def _since(
        self, values: Mapping[str, Values], doing: Values, random: np.random.Generator
    ) -> Values:
        """Return for how many seconds people have done what they do."""
        past = np.mod(self.hour - values["bed"].astype(np.float64), 24)
        begun = np.select(
            [doing == _SLEEPS, past < _WORK[0], past < _WORK[1]],
            [0, _SLEEP - 24, _WORK[0]],
            _WORK[1],
        )
        served = (doing == _EATS) | (doing == _MEETS)
        # When somebody got hungry nobody knows.
        meal = random.uniform(0, _MEAL, len(past))
        return np.where(served, meal, (past - begun) * _HOUR)

    def _aim(
        self, values: Mapping[str, Values], doing: Values
    ) -> tuple[Values, Values]:
        """Return where people want to be."""
        rows = values["home"].copy()
        np.copyto(rows, values["work"], where=doing == _WORKS)
        np.copyto(rows, values["inn"], where=doing == _EATS)
        np.copyto(rows, values["park"], where=doing >= _MEETS)
        # What is left of a multiplication is as good as chance.
        lot = values["lot"].astype(np.uint32)
        stand = _STAND[doing]
        spot = ((self.now + (lot & 1023)) / stand).astype(np.uint32)
        mixed = (lot ^ spot * np.uint32(2654435761)) * np.uint32(2246822519)
        mixed ^= mixed >> 15
        mixed *= np.uint32(3266489917)
        angle = (mixed >> 16).astype(np.float32) * np.float32(2 * np.pi / 65536)
        # In the middle of a place there is a roof, or a pond.
        share = 0.4 + 0.6 * np.sqrt((mixed & 0xFFFF).astype(np.float32) / 65536)
        far = np.where(doing == _STROLLS, _FAR, self._wide[rows]) * share
        far[doing == _SLEEPS] *= np.float32(0.3)
        return self._x[rows] + np.cos(angle) * far, self._y[rows] + np.sin(angle) * far

    def _walk(
        self, values: Mapping[str, Values], to_x: Values, to_y: Values, dt: Seconds
    ) -> None:
        """Walk as far as the time allows, each at a pace of its own."""
        pace = _SPEED * (0.8 + (values["lot"] >> 24).astype(np.float32) / 640)
        dx, dy = to_x - values["x"], to_y - values["y"]
        way = np.maximum(np.hypot(dx, dy), np.float32(1e-6))
        share = np.minimum(pace * np.asarray(dt, np.float32) / way, 1)
        values["x"] += dx * share
        values["y"] += dy * share
