"""Laws of `nexus.journal.timer`."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import PeerError
from nexus.journal.record import MAX_VERSION, read_records
from nexus.journal.timer import (
    Timer,
    TimerChangesRecord,
    TimersRecord,
    changed,
    timers_since,
)
from tests import examples

_FATES = st.sampled_from(["stays", "moves", "pauses", "ends"])


def timer(number: int, deadline: float = 0.0) -> Timer:
    """Make a timer that differs from those of other numbers."""
    return Timer(f"t{number}", b"%d" % number, deadline, float(number % 2))


class TimerLaws(SynchronousTestCase):
    @given(st.lists(st.tuples(st.lists(_FATES, max_size=8), st.integers(0, 4))))
    @settings(max_examples=examples(test=100, soak=2_000))
    def test_changes_lead_to_what_there_is(
        self, lives: list[tuple[list[str], int]]
    ) -> None:
        """However timers start, move, pause and end, who reads the changes has them."""
        there: dict[int, Timer] = {}
        written: dict[int, Timer] = {}
        paused: set[int] = set()
        read: tuple[Timer, ...] = ()
        serial = 0
        for at, (fates, born) in enumerate(lives):
            for number, fate in zip(list(there), fates, strict=False):
                if fate == "ends":
                    del there[number]
                elif fate == "moves":
                    there[number] = timer(number, at + 1.0)
                elif fate == "pauses":
                    paused ^= {number}
            for _ in range(born):
                serial += 1
                there[serial] = timer(serial)
            now = {each: made for each, made in there.items() if each not in paused}
            for record in read_records(timers_since(written, now)):
                if isinstance(record, TimersRecord):
                    read = record.timers
                else:
                    assert isinstance(record, TimerChangesRecord)
                    read = changed(read, record)
            written = now
            self.assertEqual(list(read), list(now.values()))

    @given(
        st.lists(st.tuples(st.integers(0, MAX_VERSION), st.floats(0, 10)), max_size=4),
        st.lists(st.integers(0, 6), max_size=4),
        st.integers(0, 5),
    )
    def test_changes_of_others_are_refused(
        self, moved: list[tuple[int, float]], gone: list[int], count: int
    ) -> None:
        """Places beyond the end are damage, and nothing else."""
        record = TimerChangesRecord(tuple(moved), tuple(gone), ())
        timers = [timer(number) for number in range(count)]
        places = [*gone, *(place for place, _ in moved)]
        if any(place >= count for place in places):
            self.assertRaises(PeerError, changed, timers, record)
        else:
            left = count - len(set(gone))
            self.assertEqual(len(changed(timers, record)), left)
