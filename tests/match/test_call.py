"""Tests of `nexus.match.call`."""

from __future__ import annotations

from typing import Any, ClassVar

from twisted.internet.defer import Deferred

from nexus.errors import Code, Refused
from nexus.match import call as calls
from nexus.room import Client, Room, on_call
from tests.support.room import Gate, Scripted, scripted
from tests.support.table import Guest, TableTestCase, begin


class Hall(Scripted):
    """A Room that others call."""

    #: What the author wants others to know.
    mood: str = "calm"
    gate: ClassVar[Gate]

    def __init__(self, *arguments: Any, **said: Any) -> None:
        super().__init__(*arguments, **said)
        self.got: list[Any] = []
        self.secrets = {1, 2}

    @property
    def crowd(self) -> int:
        """How many are here."""
        return len(self.clients)

    @on_call
    def take(self, *things: Any) -> Any:
        """Take things, and give them back."""
        self.got.extend(things)
        return list(things)

    @on_call
    async def wait(self) -> Any:
        """Give back what a gate gives."""
        return await self.gate.wait()

    @on_call
    async def sleep(self) -> None:
        """Sleep until the Room ends."""
        await self.clock.sleep(100)

    @on_call
    async def end(self) -> str:
        """End the Room."""
        await self.disconnect()
        return "ended"

    @on_call
    def refuse(self) -> None:
        """Deny it."""
        raise Refused("not now", 77)

    @on_call
    def fail(self) -> None:
        """Fail."""
        raise KeyError("a mistake")

    @on_call
    def odd(self) -> Any:
        """Return what cannot be shared."""
        return (1, 2)

    def unmarked(self) -> None:
        """Be nobody's business."""


class CallTests(TableTestCase):
    def setUp(self) -> None:
        """Open a Room with somebody in it."""
        super().setUp()
        self.gate = Gate()
        self.table.define(scripted(base=Hall, gate=self.gate))
        self.guest: Guest = self.table.sit()
        self.room: Any = self.guest.actor.room

    def ask(self, name: str, *arguments: Any, **said: Any) -> list[Any]:
        """Call the Room; return where the answer, or the failure, is put."""
        got: list[Any] = []
        matchmaker = self.table.matchmaker
        room_id = said.pop("room_id", self.guest.room_id)
        asked: Deferred[Any] = begin(matchmaker.call(room_id, name, *arguments, **said))
        asked.addBoth(got.append)
        return got

    def answer(self, name: str, *arguments: Any, **said: Any) -> Any:
        """Call the Room, and return the answer."""
        got = self.ask(name, *arguments, **said)
        self.table.clock.advance(0)
        return got[0]

    def refusal(self, name: str, *arguments: Any, **said: Any) -> tuple[str, int]:
        """Return why a call is denied."""
        error: Refused = self.answer(name, *arguments, **said).value
        self.assertIsInstance(error, Refused)
        return str(error), error.code

    def test_method_answers(self) -> None:
        """A method that is marked takes what it is given, and answers."""
        self.assertEqual(
            self.answer("take", 1, "two", [3.0, b"4"]), [1, "two", [3, b"4"]]
        )
        self.assertEqual(self.room.got, [1, "two", [3.0, b"4"]])

    def test_call_is_a_turn_of_its_own(self) -> None:
        """Nothing of the Room runs while the caller's plain code does."""
        got = self.ask("take", 1)
        self.assertEqual((got, self.room.got), ([], []))

        self.table.clock.advance(0)

        self.assertEqual(got, [[1]])

    def test_what_is_passed_is_a_copy(self) -> None:
        """Neither side changes what the other holds, as between processes."""
        given = [1]
        got = self.answer("take", given)[0]
        got.append(2)

        self.assertEqual((given, self.room.got), ([1], [[1]]))
        self.assertIsNot(self.room.got[0], given)

    def test_what_cannot_be_shared_is_refused(self) -> None:
        """An argument that would not arrive as it was is the caller's mistake."""
        [failure] = self.ask("take", (1, 2))

        self.assertIsNotNone(failure.check(TypeError))
        self.table.clock.advance(0)
        self.assertEqual(self.room.got, [])

    def test_answer_that_cannot_be_shared_is_a_mistake(self) -> None:
        """So is what a method returns; the caller learns an id, the log the rest."""
        text, code = self.refusal("odd")

        self.assertRegex(text, "^internal error [^ ]+$")
        self.assertEqual(code, Code.UNHANDLED)
        self.assertEqual(self.logged(TypeError), ["tuple cannot be shared"])

    def test_attributes_are_read(self) -> None:
        """What the author keeps in public attributes and properties can be read."""
        self.room.mood = "wild"

        self.assertEqual(self.answer("mood"), "wild")
        self.assertEqual(self.answer("crowd"), 1)
        self.assertEqual(self.answer("got"), [])

    def test_other_names_are_refused(self) -> None:
        """What is private, Nexus' own, unmarked or not there is nobody's to call."""
        own = [name for name in dir(Room) if name[0] != "_"]
        for name in ("_actor", "__class__", "seed", "random", "plugin_list", *own):
            self.assertEqual(
                self.refusal(name),
                (f"Scripted.{name} is not for others", Code.UNHANDLED),
            )
        for name, why in (
            ("unmarked", "is not marked with @on_call"),
            ("play", "is not marked with @on_call"),
            ("nothing", "is not there"),
        ):
            self.assertEqual(self.refusal(name)[0], f"Scripted.{name} {why}")
        self.assertEqual(
            self.refusal("mood", 1)[0], "Scripted.mood is no method and takes nothing"
        )

    def test_async_method_is_awaited(self) -> None:
        """An `async` method answers when it is done."""
        got = self.ask("wait")
        self.table.clock.advance(1)
        self.assertEqual(got, [])

        self.gate.open({"done": True})

        self.assertEqual(got, [{"done": True}])

    def test_silent_room_is_waited_for_no_longer(self) -> None:
        """After its time a call is denied; a late answer hurts nobody."""
        got = self.ask("wait", timeout=3)
        self.table.beat(2.9)
        self.assertEqual(got, [])

        self.table.beat(0.2)

        self.assertEqual(
            str(got[0].value),
            f'room "{self.guest.room_id}" did not answer wait in 3 s',
        )
        self.gate.open()

    def test_slow_method_is_cancelled(self) -> None:
        """A called method takes no longer than a listener may."""
        self.room.message_seconds = 5.0

        got = self.ask("wait", timeout=60)
        self.table.beat(0.1, times=60)

        self.assertRegex(str(got[0].value), "^internal error")
        self.assertEqual(len(self.flushLoggedErrors()), 1)

    def test_refusal_and_mistake(self) -> None:
        """What a method refuses is told as it is, and its mistakes are opaque."""
        self.assertEqual(self.refusal("refuse"), ("not now", 77))
        self.assertRegex(self.refusal("fail")[0], "^internal error [^ ]+$")
        self.assertRegex(self.refusal("take_that")[0], "is not there")
        self.assertEqual(len(self.logged(KeyError)), 1)

    def test_room_that_is_not_there(self) -> None:
        """A Room that is unknown, or ends before its turn, answers nothing."""
        [unknown] = self.ask("take", room_id="nowhere")
        got = self.ask("take")
        self.guest.leave()
        self.table.clock.advance(0)

        self.assertEqual(unknown.value.code, Code.NO_ROOM)
        self.assertEqual(got[0].value.code, Code.NO_ROOM)

    def test_room_can_be_ended(self) -> None:
        """A called method may end its Room, and answers when it has ended."""
        self.assertEqual(self.answer("end"), "ended")
        self.assertEqual(self.table.rooms, [])

    def test_end_of_the_room_is_told(self) -> None:
        """Who waits for a method that the Room's end cuts short is told so."""
        got = self.ask("sleep")
        self.table.clock.advance(0)

        self.guest.leave()

        self.assertIsInstance(got[0].value, Refused)

    def test_calls_are_bounded(self) -> None:
        """No more calls wait than a Node has room for, and each is let go."""
        self.patch(calls, "_MOST", 2)
        waiting = [self.ask("wait") for _ in range(2)]
        [over] = self.ask("wait")

        self.table.clock.advance(0)
        self.gate.open(1)

        self.assertEqual(over.value.code, Code.LIMIT)
        self.assertEqual(waiting, [[1], [1]])
        self.assertEqual(self.answer("crowd"), 1)

    def test_time_is_checked(self) -> None:
        """An answer is waited for some time, and not for ever."""
        for seconds in (0, -1, float("nan"), float("inf")):
            [failure] = self.ask("take", timeout=seconds)
            self.assertIsNotNone(failure.check(ValueError))

    def test_clients_never_reach_it(self) -> None:
        """What is marked listens for no message."""
        self.guest.send("take", 1)

        self.assertEqual(self.guest.code, 4002)
        self.assertEqual(self.room.got, [])

    def test_room_calls_another(self) -> None:
        """A listener of one Room waits for the answer of another, or of itself."""
        told: list[Any] = []

        async def tell(client: Client) -> None:
            told.append(await self.room.matchmaker.call(self.room.room_id, "crowd"))

        self.room.listen("tell", tell)
        self.guest.send("tell")
        self.table.clock.advance(0)

        self.assertEqual(told, [1])
