"""The leap: needs after any time, from one end of an activity to the next.

Between two such ends every need changes at one rate, so nothing has to be stepped
through: all entities go on together, each to its own next end, and that is exact. But
quick needs end an activity thousands of times a day. Who has not arrived after `ENDS`
of them has long come back to nearly where it once was; whole rounds of that are left
out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np
from attrs import define, fields

from nexus.compiled import parts
from nexus.sim.column import Values

if TYPE_CHECKING:
    from nexus.sim.need import Needs

__all__ = ["ENDS", "leap"]

#: So many ends of an activity are followed before rounds are left out that do not quite
#: close, and at most half as many after that.
ENDS: Final = 160
#: The ends after which a round may begin. What comes before may be out of the way.
_BEGIN: Final = (16, 32, 64, ENDS // 2)
#: How far astray all rounds together may lead that are left out before `ENDS`.
_ASTRAY: Final = 1e-3
#: No round takes less, in seconds.
_SHORTEST: Final = 1e-9
#: So many entities go on together: their numbers stay in the processor's cache.
_TOGETHER: Final = 1 << 14


def leap(needs: Needs, values: Mapping[str, Values], elapsed: Values) -> None:
    """Let time pass for needs and gauges, as much as it may be.

    Args:
        needs: What there is, and its rates.
        values: The columns, which are written.
        elapsed: Seconds for each entity.
    """
    for start in range(0, len(elapsed), _TOGETHER):
        part = slice(start, start + _TOGETHER)
        held = {name: values[name][part] for name in needs.writes}
        _leap(needs, held, elapsed[part])


def _leap(needs: Needs, values: Mapping[str, Values], elapsed: Values) -> None:
    course = _Course.of(needs, values, elapsed)
    turn: _Turn | None = None
    for end in range(2 * ENDS):
        if end in _BEGIN:
            turn = _Turn.of(course)
        elif end == ENDS and turn is not None:
            turn.leave_out(needs, course, np.ones(len(course.left), np.bool_))
            turn = None
        going = course.advance(needs)
        if not going.any():
            break
        if turn is not None:
            turn.leave_out(needs, course, turn.look(course))
        if going.mean() < 0.7:
            # Who has arrived is in nobody's way any more.
            course.write(needs, values, ~going)
            course = _cut(course, going)
            turn = turn and _cut(turn, going)
    course.write(needs, values, np.ones(len(course.left), np.bool_))


@define
class _Course:
    """Entities on their way: their needs, and what became of their gauges.

    A gauge is `start` at first, and by now `start + add` within `least` and `most`:
    that is what many steps within 0..1 come to, whatever it started at.
    """

    number: Values
    held: Values
    activity: Values
    start: Values
    add: Values
    least: Values
    most: Values
    left: Values
    spent: Values

    @classmethod
    def of(cls, needs: Needs, values: Mapping[str, Values], elapsed: Values) -> _Course:
        """Take entities as they are."""
        count = len(elapsed)
        wide = (len(needs.gauges), count)
        start = np.empty(wide)
        for number, gauge in enumerate(needs.gauges):
            start[number] = values[gauge.name]
        return cls(
            number=np.arange(count),
            held=np.array([values[need.name] for need in needs.needs], np.float64),
            activity=values[needs.activity].astype(np.intp),
            start=start,
            add=np.zeros(wide),
            least=np.full(wide, -np.inf),
            most=np.full(wide, np.inf),
            left=np.array(elapsed, np.float64),
            spent=np.zeros(count),
        )

    def gauges(self) -> Values:
        """Return the gauges as they are by now."""
        return _within(self.start + self.add, self.least, self.most)

    def write(self, needs: Needs, values: Mapping[str, Values], done: Values) -> None:
        """Write those that are done into the columns."""
        rows = self.number[done]
        for number, need in enumerate(needs.needs):
            values[need.name][rows] = self.held[number, done]
        for number, gauge in enumerate(self.gauges()):
            values[needs.gauges[number].name][rows] = gauge[done]
        values[needs.activity][rows] = self.activity[done]

    def advance(self, needs: Needs) -> Values:
        """Go on to the end of each activity, and say who got there in time."""
        going: Values
        if parts is not None and not needs.gauges:
            going = np.empty(len(self.left), np.bool_)
            own = self.held, self.activity, self.left, self.spent, going
            parts.stint(*own, needs.rates, needs.bounds, needs.low, needs.full)
            return going
        rate = needs.rates.take(self.activity, axis=1)
        span = needs.bounds.take(self.activity, axis=1)
        span -= self.held
        span /= rate
        time = span.min(axis=0)
        np.maximum(time, 0, out=time)
        going = time < self.left
        np.minimum(time, self.left, out=time)
        if needs.gauges:
            self._harm(needs, rate, time)
        np.multiply(rate, time, out=rate)
        self.held += rate
        np.clip(self.held, 0, 1, out=self.held)
        self.left -= time
        self.spent += time
        for number, need in enumerate(needs.needs, 1):
            served = self.activity == number
            served &= going
            np.putmask(self.held[number - 1], served, need.full)
        chosen = needs.choose(self.held, self.activity)
        np.copyto(self.activity, chosen, where=going)
        return going

    def _harm(self, needs: Needs, rate: Values, time: Values) -> None:
        """Let gauges rise and fall, by which needs are poor for how long of a time."""
        hurts = [n for n in range(len(needs.needs)) if needs.harm[:, n].any()]
        poor = np.zeros(len(time), np.bool_)
        for number in hurts:
            lowest = np.minimum(rate[number] * time, 0)
            lowest += self.held[number]
            poor |= lowest < needs.needs[number].poor
        rows = np.flatnonzero(poor)
        well = time.copy()
        well[rows] = 0
        for number, gauge in enumerate(needs.gauges):
            self._shift(number, slice(None), gauge.rise * well)
        if len(rows):
            taken = (self.held.take(rows, axis=1), rate.take(rows, axis=1))
            for begin, stop, harm in _spells(needs, hurts, *taken, time[rows]):
                for number, gauge in enumerate(needs.gauges):
                    change = np.where(harm[number] > 0, -harm[number], gauge.rise)
                    self._shift(number, rows, change * (stop - begin))

    def _shift(self, number: int, rows: Values | slice, by: Values) -> None:
        """Move a gauge, and stop it at 0 and 1."""
        self.add[number][rows] += by
        for end in (self.least[number], self.most[number]):
            end[rows] = np.clip(end[rows] + by, 0, 1)


@define
class _Turn:
    """Where entities were once, and the best return to nearly there since."""

    held: Values
    activity: Values
    gauges: Values
    left: Values
    spent: Values
    slip: Values
    drift: Values
    length: Values
    add: Values
    least: Values
    most: Values

    @classmethod
    def of(cls, course: _Course) -> _Turn:
        """Remember where entities are now; their gauges start afresh here."""
        course.start = course.gauges()
        course.add = np.zeros_like(course.start)
        course.least = np.full_like(course.start, -np.inf)
        course.most = np.full_like(course.start, np.inf)
        return cls(
            held=course.held.copy(),
            activity=course.activity.copy(),
            gauges=course.start.copy(),
            left=course.left.copy(),
            spent=course.spent.copy(),
            slip=np.zeros_like(course.held),
            drift=np.full(len(course.left), 1e30),
            length=np.zeros(len(course.left)),
            add=course.add.copy(),
            least=course.least.copy(),
            most=course.most.copy(),
        )

    def look(self, course: _Course) -> Values:
        """Keep this as the end of a round, for those whom it fits better than before.

        Returns:
            Who may leave all further rounds out, so well does it fit.
        """
        rows = np.flatnonzero(course.activity == self.activity)
        length = course.spent[rows] - self.spent[rows]
        slip = course.held.take(rows, axis=1)
        slip -= self.held.take(rows, axis=1)
        # What counts is how far a day of such rounds would lead astray.
        drift = np.abs(slip).max(axis=0) / np.maximum(length, 1e-9)
        better = (drift < self.drift[rows]) & (length > 0)
        rows = rows[better]
        self.drift[rows] = drift[better]
        self.length[rows] = length[better]
        self.slip[:, rows] = slip[:, better]
        for number in range(len(self.add)):
            self.add[number][rows] = course.add[number][rows]
            self.least[number][rows] = course.least[number][rows]
            self.most[number][rows] = course.most[number][rows]
        return (self.drift * course.left < _ASTRAY) & (course.left > self.length)

    def leave_out(self, needs: Needs, course: _Course, who: Values) -> None:
        """Put entities back to where they were, with less than a round to go."""
        rows = np.flatnonzero(who & (course.left > self.length))
        if not len(rows):
            return
        length = self.length[rows]
        # Who came back to no such activity lives on as in all of the time since.
        length = np.where(length > 0, length, (course.spent - self.spent)[rows])
        # A need that is full as soon as it is low is served in no time.
        length = np.maximum(length, _SHORTEST)
        times = np.floor(self.left[rows] / length)
        held, activity = self.held[:, rows], self.activity[rows]
        slip = self.slip[:, rows] * times
        course.held[:, rows], course.activity[rows] = held, activity
        apart = np.abs(slip).max(axis=0) > _ASTRAY
        if apart.any():
            slipped = _slipped(needs, held[:, apart], activity[apart], slip[:, apart])
            course.held[:, rows[apart]], course.activity[rows[apart]] = slipped
        course.left[rows] = self.left[rows] - times * length
        course.spent[rows] = self.spent[rows]
        course.start[:, rows] = self._gauges_after(rows, times)
        course.add[:, rows] = 0
        course.least[:, rows] = -np.inf
        course.most[:, rows] = np.inf

    def _gauges_after(self, rows: Values, times: Values) -> Values:
        """Return the gauges after so many rounds, at least one."""
        add, least, most = self.add[:, rows], self.least[:, rows], self.most[:, rows]
        # The bound against which rounds lead moves on with each of them, but the first.
        more = (times - 1) * add
        ends = _within(
            self.gauges[:, rows] + add + more,
            least + np.maximum(more, 0),
            most + np.minimum(more, 0),
        )
        return _within(ends, least, most)


def _slipped(
    needs: Needs, held: Values, activity: Values, slip: Values
) -> tuple[Values, Values]:
    """Let each need go on alone, by as much as rounds that do not close have moved it.

    Needs that get in each other's way fall into step, and their rounds close. Where
    they do not, each has a round of its own.
    """
    held, chosen = held.copy(), np.zeros_like(activity)
    for number, need in enumerate(needs.needs):
        if not need.fall:
            continue
        range_ = need.full - need.low
        falling, rising = range_ / need.fall, range_ / need.rise
        value, serves = held[number], activity == number + 1
        phase = np.where(
            serves,
            falling + (value - need.low) / need.rise,
            np.minimum((need.full - value) / need.fall, falling),
        )
        phase += slip[number] / np.where(serves, need.rise, -need.fall)
        phase %= falling + rising
        # Who is not free has to wait.
        risen = np.where(chosen == 0, (phase - falling) * need.rise, 0)
        chosen = np.where((phase > falling) & (chosen == 0), number + 1, chosen)
        held[number] = np.where(
            phase > falling, need.low + risen, need.full - phase * need.fall
        )
    return held, chosen


def _spells(
    needs: Needs, hurts: list[int], held: Values, rate: Values, time: Values
) -> Iterator[tuple[Values, Values, Values]]:
    """Part a time where needs become poor, or cease to be.

    Yields:
        When each part begins, when it ends, and what harm each gauge (first axis)
        suffers in it.
    """
    poor = np.array([[needs.needs[number].poor] for number in hurts])
    held, rate = held[hurts], rate[hurts]
    cuts = np.sort(np.clip((poor - held) / rate, 0, time), axis=0)
    begin = np.zeros(len(time))
    for stop in (*cuts, time):
        yield (
            begin,
            stop,
            needs.harm[:, hurts] @ (held + rate * (begin + stop) / 2 < poor),
        )
        begin = stop


def _within(values: Values, least: Values, most: Values) -> Values:
    return np.minimum(np.maximum(values, least), most)


S = TypeVar("S", _Course, _Turn)


def _cut(one: S, keep: Values) -> S:
    """Return those of a group that are to be kept."""
    arrays = [getattr(one, each.name) for each in fields(type(one))]
    return type(one)(*(array.compress(keep, axis=-1) for array in arrays))
