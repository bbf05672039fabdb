"""Tests of `nexus.room.work.chore`: how work ends, and what it keeps from ending."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nexus.errors import Refused
from nexus.room import RoomActor
from nexus.room.work.chore import ChoreCancelled
from tests.room.work.working import MS, ChoreTestCase
from tests.support.room import scripted
from tests.support.table import begin, result


class EndTests(ChoreTestCase):
    def closing(self, closed: list[Any], work: Any = None) -> Iterator[None]:
        """Work without end, and take down when it is closed."""
        try:
            while True:
                if work is not None:
                    work()
                yield
        finally:
            closed.append("closed")

    def test_cancelled_work_is_closed(self) -> None:
        """What it has in `finally` runs, who waits is told, and no slice follows."""
        room, closed, slices = self.seated(), [], []
        chore = room.spread(self.closing(closed, lambda: slices.append(1)))
        got = self.waiting(chore)
        self.table.beat()
        count = len(slices)

        chore.cancel()
        chore.cancel()

        self.assertEqual(closed, ["closed"])
        self.assertEqual([type(each) for each in got], [ChoreCancelled])
        self.table.beat()
        self.assertEqual(len(slices), count)

    def test_work_cancels_itself(self) -> None:
        """A slice that cancels its own Chore is the last, and ends in good order."""
        room, closed, slices = self.seated(), [], []

        def last() -> None:
            slices.append(1)
            chore.cancel()

        chore = room.spread(self.closing(closed, last))
        self.table.beat(times=2)

        self.assertEqual((closed, slices), (["closed"], [1]))

    def test_work_ends_with_the_room(self) -> None:
        """Who waits is told that the Room has ended, and nothing of it runs on."""
        room, closed = self.seated(), []
        chore = room.spread(self.closing(closed))
        got = self.waiting(chore)
        self.table.beat()

        self.clear(self.table)

        self.assertEqual(closed, ["closed"])
        self.assertEqual([str(each) for each in got], ["the room has ended"])
        with self.assertRaises(Refused):
            room.spread([])

    def test_work_may_end_the_room(self) -> None:
        """A slice that ends its Room is the last."""
        room, closed = self.seated(), []

        def end() -> None:
            self.table.background.spawn(room.disconnect(), "end")
            self.table.hang_up()

        got = self.waiting(room.spread(self.closing(closed, end)))
        self.table.beat()
        self.clear(self.table)

        self.assertEqual((closed, len(got)), (["closed"], 1))

    def test_cut_off_within_a_slice(self) -> None:
        """A Room that is cut off while its work runs closes that work behind it."""
        room, closed = self.seated(), []
        slices: list[int] = []

        def end() -> None:
            slices.append(1)
            room.actor.cut_off("a test")

        got = self.waiting(room.spread(self.closing(closed, end)))
        self.table.beat(times=2)

        self.assertEqual((closed, slices, len(got)), (["closed"], [1], 1))

    def test_what_closing_raises_is_a_fault(self) -> None:
        """Work that fails as it is closed hurts nobody else."""
        room, closed = self.seated(), []

        def bad() -> Iterator[None]:
            try:
                while True:
                    yield
            finally:
                raise KeyError("closing")

        room.spread(bad())
        room.spread(self.closing(closed))
        self.table.beat()
        self.clear(self.table)

        self.assertEqual((closed, self.logged(KeyError)), (["closed"], ["'closing'"]))

    def test_who_waits_may_be_cancelled(self) -> None:
        """A hook that took too long waits no more, and the work goes on."""
        room, done = self.seated(), []
        chore = room.spread(self.work(done, 10), 4 * MS)

        async def wait() -> None:
            await chore

        running = begin(wait())
        running.addErrback(lambda _: None)
        self.table.beat()
        running.cancel()
        self.table.beat(times=3)

        self.assertEqual(len(done), 10)

    def test_creation_waits_for_it(self) -> None:
        """An `async` `on_create` can await long work: time passes while it does."""
        done: list[Any] = []

        async def on_create(room: Any, options: Any) -> None:
            assert await room.spread(self.work(done, 20), 4 * MS) == "done"

        self.table.define(scripted(script={"on_create": on_create}))
        made: list[Any] = []
        begin(self.table.matchmaker.create_room("room")).addBoth(made.append)
        self.table.beat(times=3)
        self.assertEqual(made, [])
        self.table.beat(times=3)

        self.assertEqual((len(done), len(made)), (20, 1))


class RestTests(ChoreTestCase):
    def test_work_keeps_a_room_awake(self) -> None:
        """A Room at rest wakes for work, and rests again behind it."""
        self.table.define(scripted(auto_dispose=False))
        made = result(self.table.matchmaker.create_room("room"))
        actor: RoomActor = self.table.actor(made.room_id)
        self.table.beat(times=3)
        done: list[Any] = []

        actor.room.spread(self.work(done, 12), 4 * MS)
        self.table.beat(times=3)

        self.assertEqual(len(done), 12)
        self.table.beat(times=3)
        self.assertEqual(actor.rhythm._patch_pulse.interval, 1.0)
