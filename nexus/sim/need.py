"""Needs: food, rest, company and the like, which fall until they are served."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from attrs import field, frozen

from nexus.compiled import parts
from nexus.sim.column import Seconds, Values, pieces, plain, spans_of
from nexus.sim.leap import leap
from nexus.sim.sparse import which

__all__ = ["Gauge", "Need", "Needs"]

#: A step has to change a need by so many times the rounding of its column.
_STEPS: Final = 50
#: So many entities look at their needs in one step; of more, each waits for its turn.
_LOOKS: Final = 1 << 18
#: Stands for a rate of 0 where something is divided by it.
_TINY: Final = 1e-30


@frozen(kw_only=True)
class Need:
    """A need of an entity, from 0 (nothing is left) to 1.

    It falls. Once it is at `low` the entity turns to serving it, as soon as it serves
    no other, and goes on until the need is `full`. Of several needs the one that is
    lowest, measured by its `low`, comes first.

    Attributes:
        name: The name of its column.
        fall: How much it falls a second.
        rise: How much it rises a second while it is served.
        low: Where serving it begins.
        full: Where serving it ends.
        poor: Below this it harms the gauges that name it.
        others: By what the fall of other needs is multiplied while it is served.
    """

    name: str
    fall: float
    rise: float
    low: float = 0.3
    full: float = 1.0
    poor: float = 0.0
    others: Mapping[str, float] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        if not (self.fall >= 0 and self.rise > 0):
            raise ValueError(f"{self.name}: a need falls by 0 or more, rises by more")
        if not 0 < self.low < self.full <= 1:
            raise ValueError(f"{self.name}: 0 < low < full <= 1 does not hold")
        if not 0 <= self.poor <= 1:
            raise ValueError(f"{self.name}: poor lies within 0..1, not at {self.poor}")
        if not all(factor >= 0 for factor in self.others.values()):
            raise ValueError(f"{self.name}: other needs fall by a factor of 0 or more")


@frozen(kw_only=True)
class Gauge:
    """What suffers from needs that are not met: health, mood; from 0 to 1.

    Attributes:
        name: The name of its column.
        rise: How much it rises a second while all goes well.
        falls: How much it falls a second for each need that is poor.
    """

    name: str
    rise: float
    falls: Mapping[str, float]

    def __attrs_post_init__(self) -> None:
        if not (self.rise >= 0 and all(fall >= 0 for fall in self.falls.values())):
            raise ValueError(f"{self.name}: a gauge rises and falls by 0 or more")


class Needs:
    """The needs of all entities, their gauges, and which need each one serves.

    Args:
        *needs: The needs, at most 254.
        gauges: What suffers from those that are poor.
        activity: The name of a column of bytes: 0 while no need is served, otherwise
            the number of the need, from 1, in the order of `needs`.

    Attributes:
        low: Where serving each need begins.
        full: Where serving it ends.
        rates: Change a second of each need (first axis) at each activity (second).
        bounds: Where each need ends each activity; infinity where it does not.
    """

    def __init__(
        self,
        *needs: Need,
        gauges: Sequence[Gauge] = (),
        activity: str = "activity",
    ) -> None:
        names = [need.name for need in needs]
        known = [*names, *(gauge.name for gauge in gauges), activity]
        if not 0 < len(needs) < 255 or len(set(known)) < len(known):
            raise ValueError("there are 1 to 254 needs, and each column has one use")
        for one, meant in [
            *((need.name, need.others) for need in needs),
            *((gauge.name, gauge.falls) for gauge in gauges),
        ]:
            if not {*meant} <= {*names} - {one}:
                raise ValueError(f"{one} names what is no other need")
        self.needs = needs
        self.gauges = tuple(gauges)
        self.activity = activity
        self.names = (*names, *(gauge.name for gauge in gauges))
        self.writes: tuple[str, ...] = (*self.names, activity)
        self.reads: tuple[str, ...] = ()
        self.low = np.array([need.low for need in needs], np.float64)
        self.full = np.array([need.full for need in needs], np.float64)
        self.rates, self.bounds = _matrices(needs)
        #: For each gauge (first axis) its fall for each need.
        self.harm = np.array(
            [[gauge.falls.get(name, 0.0) for name in names] for gauge in gauges]
        ).reshape(len(gauges), len(names))
        self._table = self.rates.astype(np.float32)
        self._odd = [
            [a for a in range(1, len(needs) + 1) if row[a] != row[0]]
            for row in self.rates
        ]
        self._scratch = _Scratch(*(np.empty(0, np.float32) for _ in range(3)))
        #: Where those begin that look next, and in how many parts all of them do.
        self._turn = 0
        self._turns = 1

    def step(
        self, values: Mapping[str, Values], dt: Seconds, random: np.random.Generator
    ) -> None:
        """Let time pass in one step that is short beside what it takes to serve a need.

        Raises:
            ValueError: The step is so short that a need would not fall as it should in
                a column of float32.
        """
        activity = values[self.activity]
        count = len(activity)
        self._turns = -(-count // _LOOKS)
        span = spans_of(dt)
        for need in self.needs:
            self._expect_fall(need, values[need.name].dtype, dt)
        for part in pieces(count):
            scratch = self._room(part.stop - part.start)
            here = span[part] if span.ndim else span
            for number, need in enumerate(self.needs):
                value = values[need.name][part]
                self._move(number, value, activity[part], scratch, here)
        for number, gauge in enumerate(self.gauges):
            self._harm(number, values, values[gauge.name], span)
        due = self._due(values, activity)
        if len(due):
            self._turn_to(values, due, span)

    def leap(
        self, values: Mapping[str, Values], elapsed: Values, random: np.random.Generator
    ) -> None:
        """Let any time pass, without steps."""
        leap(self, values, elapsed)

    def choose(self, held: Values, activity: Values) -> Values:
        """Return what entities turn to that have an end of their activity behind them.

        Args:
            held: Their needs, one a row.
            activity: What they did so far.
        """
        # Rounding may leave a need just above the bound that it has reached.
        most = np.full(held.shape[1], 1 + 1e-6)
        chosen = np.zeros(held.shape[1], np.intp)
        for number, low in enumerate(self.low.tolist(), 1):
            urgency = held[number - 1] / low
            more = urgency < most
            more &= activity != number
            np.putmask(most, more, urgency)
            np.putmask(chosen, more, number)
        return chosen

    def _turn_to(self, values: Mapping[str, Values], rows: Values, dt: Values) -> None:
        """Let entities choose, from the moment on at which they should have.

        That lies within the step. Without a look back a step of a second would make
        each round longer by seconds, and the hours of a long step another life.
        """
        held = np.stack([values[need.name][rows] for need in self.needs])
        did = values[self.activity][rows].astype(np.intp)
        rate = self.rates.take(did, axis=1)
        late = (held - self.bounds.take(did, axis=1)) / rate
        most = self._turns * (dt[rows] if dt.ndim else dt)
        late = np.minimum(late.max(axis=0, where=np.isfinite(late), initial=0), most)
        # What is at 0 was there before, too: two such needs are equally urgent.
        held = np.where(held > 0, held - rate * late, 0)
        activity = self.choose(held, did)
        held += self.rates.take(activity, axis=1) * late
        np.clip(held, 0, 1, out=held)
        for need, value in zip(self.needs, held, strict=True):
            values[need.name][rows] = value
        values[self.activity][rows] = activity

    def _expect_fall(
        self, need: Need, dtype: np.dtype[np.generic], dt: Seconds
    ) -> None:
        if dtype != np.float32 or isinstance(dt, np.ndarray):
            return
        if 0 < need.fall * dt < _STEPS * 2.0**-25:
            raise ValueError(
                f"{need.name} falls by {need.fall * dt:.1e} in a step of {dt} s, which "
                "float32 rounds too much: give it a float64 column, or fewer ticks"
            )

    def _move(
        self,
        number: int,
        value: Values,
        activity: Values,
        scratch: _Scratch,
        span: Values,
    ) -> None:
        """Let a need fall or rise by what each entity does."""
        rates, odd, change = self._table[number], self._odd[number], scratch.change
        # How far above 1 it would be says when it got there, to those who look now.
        top = 1 if self._turns > 1 else np.inf
        if parts is not None and plain(value, np.float32) and plain(activity, np.uint8):
            other = odd[0] if len(odd) == 1 else -1
            parts.drift(value, activity, rates, other, span, top)
            return
        if len(odd) == 1:
            # Quicker than a look-up: all fall, and those rise that serve it.
            np.equal(activity, odd[0], out=scratch.mask)
            np.copyto(change, scratch.mask)
            np.multiply(change, (rates[odd[0]] - rates[0]) * span, out=change)
            np.add(change, rates[0] * span, out=change)
        else:
            np.copyto(scratch.index, activity)
            np.take(rates, scratch.index, out=change, mode="wrap")
            np.multiply(change, span, out=change)
        np.add(value, change, out=value)
        np.clip(value, 0, top, out=value)

    def _harm(
        self, number: int, values: Mapping[str, Values], gauge: Values, span: Values
    ) -> None:
        """Let a gauge fall where a need is poor, and rise where none is."""
        harm = np.zeros(len(gauge))
        for need, fall in zip(self.needs, self.harm[number], strict=True):
            if fall and need.poor:
                harm += fall * (values[need.name] < need.poor)
        rate = np.where(harm > 0, -harm, self.gauges[number].rise)
        gauge += (rate * span).astype(gauge.dtype)
        np.clip(gauge, 0, 1, out=gauge)

    def _due(self, values: Mapping[str, Values], activity: Values) -> Values:
        """Find those who have to choose: free and in need, or done with serving."""
        start = 0
        if self._turns > 1:
            start = self._turn if self._turn < len(activity) else 0
            self._turn = start + _LOOKS
        part = slice(start, start + _LOOKS)
        does = activity[part]
        due = np.zeros(len(does), np.bool_)
        for need in self.needs:
            due |= values[need.name][part] <= need.low
        due &= does == 0
        for number, need in enumerate(self.needs, 1):
            due |= (does == number) & (values[need.name][part] >= need.full)
        return which(due) + start

    def _room(self, count: int) -> _Scratch:
        """Return arrays of this length to work in."""
        if count > len(self._scratch.change):
            self._scratch = _Scratch(
                np.empty(count, np.float32),
                np.empty(count, np.intp),
                np.empty(count, np.bool_),
            )
        held = self._scratch
        return _Scratch(held.change[:count], held.index[:count], held.mask[:count])


@frozen
class _Scratch:
    """Arrays that a step works in, kept from one to the next."""

    change: Values
    index: Values
    mask: Values


def _matrices(needs: Sequence[Need]) -> tuple[Values, Values]:
    """Return the rates of needs at each activity, and where each activity ends."""
    count = len(needs)
    rates = np.empty((count, count + 1))
    bounds = np.full((count, count + 1), -np.inf)
    for number, need in enumerate(needs):
        rates[number] = -need.fall
        for other, served in enumerate(needs, 1):
            rates[number, other] *= served.others.get(need.name, 1.0)
        rates[number, number + 1] = need.rise
        bounds[number, 0] = need.low
        bounds[number, number + 1] = need.full
    # A rate of 0 takes forever to its bound, and never divides by zero.
    rates[rates == 0] = -_TINY
    return rates, bounds
