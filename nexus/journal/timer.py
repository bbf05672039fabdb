"""Timers in a journal: all that there are, and what became of them since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import Final

from attrs import evolve, frozen

from nexus.errors import PeerError
from nexus.wire.codec import Reader, pack

__all__ = [
    "CHANGES",
    "TIMERS",
    "Timer",
    "TimerChangesRecord",
    "TimersRecord",
    "changed",
    "read_timer_changes",
    "read_timers",
    "timers_record",
    "timers_since",
]

TIMERS, CHANGES = 6, 13

_MAX: Final = (1 << 53) - 1


@frozen
class Timer:
    """A timer of a Room that outlives its process.

    Attributes:
        name: What it is called by.
        arguments: What it is called with, as its owner wrote it.
        deadline: When, in seconds since 1970.
        period: How often again, in seconds; 0: once.
    """

    name: str
    arguments: bytes
    deadline: float
    period: float = 0.0


@frozen
class TimersRecord:
    """These are all the timers now."""

    timers: tuple[Timer, ...]


@frozen
class TimerChangesRecord:
    """Some timers are others than before.

    Attributes:
        moved: Which of those before fire at another time, and when.
        gone: Which of them there are no more.
        new: What there is behind the others.
    """

    moved: tuple[tuple[int, float], ...]
    gone: tuple[int, ...]
    new: tuple[Timer, ...]


def timers_record(timers: Iterable[Timer]) -> bytes:
    """Write all the timers."""
    return pack([TIMERS, [_listed(each) for each in timers]])


def timers_since(before: Mapping[int, Timer], after: Mapping[int, Timer]) -> bytes:
    """Write what became of timers; each has a number, and only its deadline changes.

    Args:
        before: The timers that were written, in that order.
        after: Those that there are.
    """
    moved, gone, left = [], [], []
    for place, (number, timer) in enumerate(before.items()):
        now = after.get(number)
        if now is None:
            gone.append(place)
            continue
        left.append(number)
        if now.deadline != timer.deadline:
            moved.append([place, now.deadline])
    new = after.keys() - before.keys()
    if [*left, *(each for each in after if each in new)] != list(after):
        # One that was paused is back in its old place.
        return timers_record(after.values())
    listed = [_listed(timer) for number, timer in after.items() if number in new]
    return pack([CHANGES, moved, gone, listed])


def changed(timers: Sequence[Timer], changes: TimerChangesRecord) -> tuple[Timer, ...]:
    """Return the timers that there are after some changes.

    Raises:
        PeerError: They are of other timers.
    """
    found: list[Timer | None] = list(timers)
    places = {*changes.gone, *(place for place, _ in changes.moved)}
    if any(place >= len(found) for place in places):
        raise PeerError("what became of a timer that there is not")
    for place, deadline in changes.moved:
        timer = found[place]
        assert timer is not None
        found[place] = evolve(timer, deadline=deadline)
    for place in changes.gone:
        found[place] = None
    return (*(each for each in found if each is not None), *changes.new)


def read_timers(reader: Reader) -> TimersRecord:
    """Read what is behind the tag of a record.

    Raises:
        PeerError: It is none.
    """
    return TimersRecord(_read_listed(reader))


def read_timer_changes(reader: Reader) -> TimerChangesRecord:
    """Read the same of another record.

    Raises:
        PeerError: It is none.
    """
    moved = []
    for _ in range(reader.array()):
        if reader.array() != 2:
            raise PeerError("a timer that moved has a place and a deadline")
        moved.append((reader.integer(0, _MAX), _read_seconds(reader)))
    gone = tuple(reader.integer(0, _MAX) for _ in range(reader.array()))
    return TimerChangesRecord(tuple(moved), gone, _read_listed(reader))


def _listed(timer: Timer) -> list[object]:
    return [timer.name, timer.arguments, timer.deadline, timer.period]


def _read_listed(reader: Reader) -> tuple[Timer, ...]:
    return tuple(_read_timer(reader) for _ in range(reader.array()))


def _read_timer(reader: Reader) -> Timer:
    if reader.array() != 4:
        raise PeerError("a timer has a name, arguments, a deadline and a period")
    name, arguments = reader.text(), reader.data()
    deadline, period = _read_seconds(reader), _read_seconds(reader)
    if period < 0:
        raise PeerError("a period below 0")
    return Timer(name, arguments, deadline, period)


def _read_seconds(reader: Reader) -> float:
    value = reader.item()
    if type(value) is int and abs(value) <= _MAX:
        return float(value)
    if type(value) is float and isfinite(value):
        return value
    raise PeerError("a time that is no number")
