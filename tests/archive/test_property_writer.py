"""Property tests of `nexus.archive.writer`: whatever passes, nothing is lost."""

from __future__ import annotations

from random import Random

from hypothesis import event, given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from nexus.archive.writer import Writer
from nexus.background import Background
from nexus.store.port import Conflict, Contended, Damaged, StoreError
from tests import examples
from tests.archive.recording import RecordedRoom, RecordingArchive

ROOMS = ("a", "b", "c")

MEETS = st.sampled_from(["away", "lost", "full", "slow", "fine"])
DO = st.tuples(st.just("do"), st.sampled_from(ROOMS), st.sampled_from([1, 100, 900]))
PASS = st.tuples(st.just("pass"), st.just(""), st.sampled_from([1, 50, 60, 900, 3000]))
OPEN = st.tuples(st.just("open"), st.just(""), st.just(0))
STEPS = st.one_of(
    DO,
    DO,
    DO,
    PASS,
    PASS,
    PASS,
    st.tuples(st.just("script"), MEETS, st.integers(1, 4)),
    st.tuples(st.just("always"), MEETS, st.just(0)),
    st.tuples(st.just("lock"), st.sampled_from(ROOMS), st.sampled_from([0, 1])),
    st.tuples(st.just("unlock"), st.sampled_from(ROOMS), st.just(0)),
    st.tuples(st.just("gap"), st.sampled_from(["a", "b"]), st.just(0)),
    OPEN,
    OPEN,
    st.tuples(st.just("settle"), st.sampled_from(["", *ROOMS]), st.integers(0, 3)),
    st.tuples(st.just("remove"), st.just("c"), st.just(0)),
)
STORIES = st.lists(STEPS, min_size=20, max_size=80)
#: What passes, and what does not.
PASSING = (StoreError("a statement took too long"), Contended("a knot of locks"))
FINAL = (Conflict("it is there"), Damaged("it cannot be read"), ValueError("no State"))
#: Where one of these is met, among other steps.
ENDS = st.tuples(st.just("end"), st.just("b"), st.integers(0, len(FINAL) - 1))


class World:
    """A Writer, its Rooms, and an archive that is not always there."""

    def __init__(self, most_bytes: int) -> None:
        self.clock = Clock()
        self.archive = RecordingArchive()
        self.background = Background()
        self.writer = Writer(
            self.archive,
            clock=self.clock,
            random=Random(1),
            background=self.background,
            most_bytes=most_bytes,
        )
        self.rooms = {name: RecordedRoom(name, self.archive) for name in ROOMS}
        self.live = set(ROOMS)
        for room in self.rooms.values():
            self.writer.add(room)
        self.settled: list[tuple[str, Deferred[bool]]] = []
        self.done = 0

    def step(self, what: str, whom: str, how: int) -> None:
        """Do one thing."""
        if what == "do" and whom in self.live:
            self.done += 1
            self.rooms[whom].do(b"<%d>" % self.done + b"." * how)
            self.writer.mark(self.rooms[whom])
        elif what == "script":
            self.archive.script.extend([whom] * how)
        elif what == "always":
            self.archive.always = whom
        elif what == "lock":
            self.archive.passing[whom] = PASSING[how]
        elif what == "unlock":
            self.archive.passing.pop(whom, None)
        elif what == "gap":
            self.archive.gaps.add(whom)
        elif what == "end":
            self.archive.refuses[whom] = FINAL[how]
        elif what == "pass":
            self.clock.advance(how / 1000)
        elif what == "open":
            self.archive.gate.open()
        elif what == "settle":
            work = self.writer.settle(float(how), self.rooms.get(whom))
            self.settled.append((whom, Deferred.fromCoroutine(work)))
        elif what == "remove":
            self.live.discard(whom)
            self.writer.remove(self.rooms[whom])

    def recover(self) -> None:
        """Let the archive be there for good, and time pass."""
        self.archive.script.clear()
        self.archive.passing.clear()
        self.archive.always = "fine"
        for _ in range(100):
            self.archive.gate.open()
            self.clock.advance(0.1)


class WriterPropertyTests(SynchronousTestCase):
    def check_written(self, world: World) -> None:
        """See that what the archive has of each Room is where the Room came by."""
        refused = world.archive.refuses
        for name, room in world.rooms.items():
            self.assertTrue(room.text.startswith(world.archive.text(name)), name)
            numbers = [one.number for one in world.archive.entries.get(name, [])]
            end = world.archive.number(name)
            self.assertEqual(numbers, list(range(end - len(numbers) + 1, end + 1)))
            self.assertEqual(room.unsafe, [])
            told = [one for one in room.told if isinstance(one, int)]
            self.assertEqual(told, sorted(set(told)))
            self.assertLessEqual(len(room.told) - len(told), name in refused)

    @settings(max_examples=examples(test=300, soak=5_000))
    @given(
        STORIES,
        st.sampled_from([1000, 3000, 10**6]),
    )
    def test_nothing_is_lost(
        self, steps: list[tuple[str, str, int]], most_bytes: int
    ) -> None:
        """Whatever the database does, all that was done is written once, in order."""
        world = World(most_bytes)

        for step in steps:
            world.step(*step)
            self.check_written(world)
        event(f"written whole: {bool(world.archive.replaces)}")
        event(f"away at the end: {world.writer.is_away}")
        world.recover()

        self.check_written(world)
        for name, room in world.rooms.items():
            self.assertEqual(world.archive.text(name), room.text)
            self.assertEqual(room.told[-1:], [room.taken] if room.taken else [])
        self.assertEqual(world.writer.backlog_bytes, 0)
        self.assertEqual(world.writer.lag, 0.0)
        self.assertIsNone(world.writer.behind)
        self.assertFalse(world.writer.is_away)
        self.assertEqual(world.clock.getDelayedCalls(), [])
        self.assertEqual(len(world.background), 0)

    @settings(max_examples=examples(test=150, soak=2_000))
    @given(STORIES, ENDS, STORIES, st.sampled_from([1000, 10**6]))
    def test_ended_room_costs_no_other(
        self,
        before: list[tuple[str, str, int]],
        ends: tuple[str, str, int],
        after: list[tuple[str, str, int]],
        most_bytes: int,
    ) -> None:
        """A Room that cannot be written is told so once, and others lose nothing."""
        world = World(most_bytes)

        for step in [*before, ends, *after]:
            world.step(*step)
            self.check_written(world)
        # Two others play: with all that is written refused, it may be the database.
        for _ in range(2):
            world.recover()
            for name in ("a", "b"):
                world.step("do", name, 1)
        world.recover()

        self.check_written(world)
        self.assertEqual(world.rooms["b"].told[-1:], [FINAL[ends[2]]])
        for name in ("a", "c"):
            self.assertEqual(world.archive.text(name), world.rooms[name].text)
        self.assertEqual(world.writer.backlog_bytes, 0)
        self.assertEqual(world.clock.getDelayedCalls(), [])
        _ = self.flushLoggedErrors(ValueError)

    @settings(max_examples=examples(test=100, soak=2_000))
    @given(STORIES)
    def test_settled_is_written(self, steps: list[tuple[str, str, int]]) -> None:
        """Whoever is told that a Room is settled finds all of it in the archive."""
        world = World(10**6)

        for what, whom, how in steps:
            world.step(what, whom, how)
            for name, settled in world.settled:
                if settled.called and self.successResultOf(settled):
                    for each in [name] if name else ROOMS:
                        text = world.rooms[each].text
                        self.assertEqual(world.archive.text(each), text)
            world.settled = [one for one in world.settled if not one[1].called]
        world.recover()

    @settings(max_examples=examples(test=100, soak=2_000))
    @given(STORIES)
    def test_stop_leaves_no_call(self, steps: list[tuple[str, str, int]]) -> None:
        """Nothing is left in the reactor by a Writer that was stopped at any moment."""
        world = World(3000)
        for step in steps:
            world.step(*step)

        world.writer.stop()
        self.assertEqual(world.clock.getDelayedCalls(), [])
        world.archive.gate.open()
        _ = world.background.stop()

        self.assertEqual(world.clock.getDelayedCalls(), [])
        self.assertEqual(len(world.background), 0)
        for _, settled in world.settled:
            self.assertTrue(settled.called)
