"""Tests of `nexus.room.work.chore`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from twisted.internet.defer import succeed

from nexus.errors import Refused
from tests.room.work.working import MS, ChoreTestCase


class SliceTests(ChoreTestCase):
    def test_work_is_done_in_slices(self) -> None:
        """In each tick it goes on until its time is used up."""
        room, done = self.seated(), []
        room.set_timestep(lambda _: None, 0.1)
        chore = room.spread(self.work(done, 10), 4 * MS)
        self.assertEqual(done, [])

        counts = []
        for _ in range(4):
            self.table.beat(0.1)
            counts.append(len(done))

        self.assertEqual(counts, [4, 8, 10, 10])
        self.assertTrue(chore.is_over)

    def test_room_without_timestep_works_with_its_patches(self) -> None:
        """Where there are no ticks the beats of the patches take their place."""
        for interval in (0.05, None):
            room, done = self.seated(patch_interval=interval), []
            room.spread(self.work(done, 10), 4 * MS)

            self.table.beat(0.05, times=4)

            self.assertEqual(len(done), 10)
            self.table.catalog.remove("room")

    def test_what_it_returns_is_given(self) -> None:
        """Whoever awaits it gets what the generator returned, then and later."""
        room = self.seated()
        chore = room.spread(self.work([], 6), 4 * MS)
        first, second = self.waiting(chore), self.waiting(chore)

        self.table.beat()
        self.assertEqual((first, second), ([], []))
        self.table.beat()

        self.assertEqual((first, second, self.waiting(chore)), (["done"],) * 3)

    def test_anything_to_go_through_will_do(self) -> None:
        """Work that is done as one asks for the next gives None at its end."""
        room, done = self.seated(), []
        got = self.waiting(room.spread(map(done.append, range(50))))

        self.table.beat()

        self.assertEqual((len(done), got), (50, [None]))

    def test_endless_work_lets_the_room_go_on(self) -> None:
        """A tick ends also where no time passes."""

        def forever() -> Iterator[None]:
            while True:
                yield

        room, ticks = self.seated(), []
        room.set_timestep(ticks.append, 0.1)
        chore = room.spread(forever())

        self.table.beat(0.1, times=3)

        self.assertEqual((len(ticks), chore.is_over), (3, False))

    def test_clock_that_is_set_back_ends_the_slice(self) -> None:
        """Time that goes back does not let work go on for as long."""
        room, done = self.seated(), []
        room.set_timestep(lambda _: None, 0.1)
        room.spread(self.work(done, 10, -5.0))

        self.table.beat(0.1)

        self.assertEqual(len(done), 1)

    def test_long_slices_make_the_tick_an_overrun(self) -> None:
        """What is spread is part of the tick."""
        told: list[Any] = []
        room = self.seated(
            tick_budget=0.02, on_overrun=lambda _, overrun: told.append(overrun)
        )
        room.set_timestep(lambda _: None, 0.1)
        room.spread(self.work([], 1, 0.05))

        self.table.beat(0.1)

        self.assertEqual(len(told), 1)


class ShareTests(ChoreTestCase):
    def test_several_share(self) -> None:
        """Together they take no more than one of them may, each as much as the next."""
        room = self.seated()
        lists: list[list[Any]] = [[], [], [], []]
        for each in lists:
            room.spread(self.work(each, 100), 4 * MS)

        self.table.beat(times=3)

        self.assertEqual([len(each) for each in lists], [3] * 4)

    def test_none_waits_for_ever_behind_long_slices(self) -> None:
        """Those for whom the time did not reach are the first in the next tick."""
        room = self.seated()
        lists: list[list[Any]] = [[], [], []]
        for each in lists:
            room.spread(self.work(each, 100, 0.01), 4 * MS)

        self.table.beat(times=6)

        counts = sorted(len(each) for each in lists)
        self.assertGreaterEqual(counts[0], 2)
        self.assertLessEqual(counts[-1], counts[0] + 1)

    def test_what_one_does_not_need_is_for_the_others(self) -> None:
        """The time of one that has little to do goes to those behind it."""
        room, done = self.seated(), []
        room.spread(self.work([], 1), 8 * MS)
        room.spread(self.work(done, 100), 8 * MS)

        self.table.beat()

        self.assertEqual(len(done), 7)

    def test_modest_one_takes_no_more_than_it_said(self) -> None:
        """The seconds of a Chore hold also where others leave it more."""
        room, done = self.seated(), []
        room.spread(self.work([], 1), 8 * MS)
        room.spread(self.work(done, 100), 2 * MS)

        self.table.beat()

        self.assertEqual(len(done), 2)

    def test_work_may_begin_work(self) -> None:
        """What a slice spreads has its turn, too."""
        room, done = self.seated(), []

        def both() -> Iterator[None]:
            room.spread(self.work(done, 1))
            yield

        room.spread(both())
        self.table.beat(times=2)

        self.assertEqual(done, [0])


class FaultTests(ChoreTestCase):
    def failing(self) -> Iterator[None]:
        """Fail in the second slice."""
        yield
        raise KeyError("work")

    def test_failure_that_nobody_waits_for_is_the_rooms(self) -> None:
        """It is logged with its name, `on_error` is told, and the Room goes on."""
        room: Any = self.seated()
        chore = room.spread(self.failing())

        self.table.beat(times=2)

        self.assertEqual(self.logged(KeyError), ["'work'"])
        self.assertIn(("on_error",), room.diary)
        self.assertTrue(chore.is_over)

    def test_failure_goes_to_who_waits(self) -> None:
        """Whoever awaits it gets what was raised, and it is logged once at most."""
        room = self.seated()
        got = self.waiting(room.spread(self.failing()))

        self.table.beat(times=2)

        self.assertEqual([type(each) for each in got], [KeyError])
        self.assertEqual(self.logged(KeyError), [])

    def test_one_failure_hurts_no_other(self) -> None:
        """The others go on."""
        room, done = self.seated(), []
        room.spread(self.failing())
        room.spread(self.work(done, 6), 4 * MS)

        self.table.beat(times=3)

        self.assertEqual(len(done), 6)
        self.logged(KeyError)

    def test_what_waits_itself_is_refused(self) -> None:
        """A generator that yields something to await says so, and is closed."""
        room, closed = self.seated(), []

        def waits() -> Iterator[Any]:
            try:
                yield succeed(1)
            finally:
                closed.append(1)

        room.spread(waits())
        self.table.beat()

        [text] = self.logged(TypeError)
        self.assertIn("waits yields something to wait for", text)
        self.assertEqual(closed, [1])

    def test_what_cannot_be_spread_is_refused(self) -> None:
        """Functions, coroutines and slices of no length are refused at once."""
        room: Any = self.seated()

        async def late() -> None:
            """Return nothing."""

        coroutine = late()
        for wrong in (self.failing, coroutine, None, 7):
            with self.assertRaisesRegex(TypeError, "cannot be done in slices"):
                room.spread(wrong)
        coroutine.close()
        for seconds in (0, -1, float("nan"), float("inf")):
            with self.assertRaisesRegex(ValueError, "a slice takes more"):
                room.spread([], seconds)

    def test_there_are_not_too_many(self) -> None:
        """A Room has so many Chores and no more, until some are over."""
        room = self.seated()
        for _ in range(1_000):
            room.spread([])

        with self.assertRaisesRegex(Refused, "at most 1000 chores"):
            room.spread([])

        self.table.beat()
        room.spread([])
