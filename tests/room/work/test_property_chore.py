"""Laws of `nexus.room.work.chore`: all slices are done, and none waits for long."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests import examples
from tests.support.room import scripted
from tests.support.table import Table, result

#: A thousandth of a second, more or less: one that adds up.
_MS = 1 / 1024

#: What each slice of some Chores takes, and how much of a tick each may have.
_WORK = st.lists(
    st.tuples(st.lists(st.integers(0, 20), max_size=20), st.integers(1, 12)),
    min_size=1,
    max_size=8,
)


class ChoreLawTests(SynchronousTestCase):
    @given(_WORK)
    @settings(max_examples=examples(test=100, soak=2_000))
    def test_all_is_done_in_order_and_nobody_waits(self, work: Any) -> None:
        """Each slice is done once, in order; ticks have a bound, and all have turns."""
        table = Table()
        table.define(scripted(auto_dispose=False))
        actor = table.actor(result(table.matchmaker.create_room("room")).room_id)
        #: By Chore, what was done; and by tick, who had a slice.
        done: list[list[int]] = [[] for _ in work]
        turns: list[int] = []
        spent = [0]

        def slices(number: int, costs: list[int]) -> Iterator[None]:
            for at, cost in enumerate(costs):
                table.clock.rightNow += cost * _MS
                spent[-1] += cost
                done[number].append(at)
                turns.append(number)
                yield
            turns.append(number)

        chores = [
            actor.room.spread(slices(number, costs), seconds * _MS)
            for number, (costs, seconds) in enumerate(work)
        ]
        most = max(seconds for _, seconds in work)
        longest = max((cost for costs, _ in work for cost in costs), default=0)
        # How many ticks ago each Chore had its last slice.
        waits = [0] * len(work)
        while not all(chore.is_over for chore in chores):
            spent.append(0)
            turns.clear()
            actor.rhythm.chores.run()

            assert turns, "a tick without a slice"
            assert spent[-1] <= most + longest
            for number, chore in enumerate(chores):
                is_served = chore.is_over or number in turns
                waits[number] = 0 if is_served else waits[number] + 1
                assert waits[number] < len(work)

        assert done == [list(range(len(costs))) for costs, _ in work]
        assert len(actor.rhythm.chores) == 0
