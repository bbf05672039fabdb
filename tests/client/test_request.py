"""Tests of commands, and of who waits for what becomes of them."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import TimeoutError as TookTooLong

from nexus.client import RequestError
from nexus.client.event import Saved
from nexus.wire.envelope import contents
from nexus.wire.frame import Status, encode_message
from nexus.wire.message import UNDEFINED, encode
from nexus.wire.ours import saved_frame, verdict_frame
from tests.client.case import RoomCase


def command(*parts: Any) -> bytes:
    """Return the frame of a command."""
    return encode_message("__nexus.command", encode(parts))


class CommandTests(RoomCase):
    def begin(self, room: Any, type_: str, **said: Any) -> list[Any]:
        """Give a command; return what becomes of it: its value, or the error."""
        got: list[Any] = []

        async def give() -> None:
            try:
                got.append(await room.command(type_, **said))
            except RequestError as error:
                got.append((error.name, error.reason))

        self.table.background.spawn(give(), "give")
        return got

    def judge(self, ident: int, status: Status, *value: Any) -> None:
        """Say what became of a command, in the place of the Node."""
        payload = encode(value[0]) if value else b""
        frame = contents(verdict_frame(ident, status, payload))
        self.network.wire.listener.received(bytes(frame))

    def test_verdicts(self) -> None:
        """A command leads to what the Room returned, or raises what it said instead."""
        room, _ = self.enter()
        all_ = [self.begin(room, "a", body=each) for each in range(4)]
        self.assertEqual(
            self.network.wire.up,
            [
                encode_message("__nexus.command", encode([n + 1, "a", n]))
                for n in range(4)
            ],
        )

        self.judge(2, Status.OK)
        self.judge(1, Status.OK, {"x": 1})
        self.judge(3, Status.REJECTED, "not you")
        self.judge(4, Status.ERROR, {"name": "forgotten", "message": "why"})

        self.assertEqual(
            all_,
            [[{"x": 1}], [UNDEFINED], [("rejected", "not you")], [("forgotten", None)]],
        )
        self.assertEqual(room._conversation.commands.size, 0)
        self.network.wire.up.clear()

    def test_node_answers(self) -> None:
        """A Node applies a command, and answers as it answers a request."""
        room, _ = self.enter()
        all_ = [self.begin(room, "double", body=each) for each in (21, None)]
        all_.append(self.begin(room, "nobody"))
        self.network.settle()

        answers = [[42], [("rejected", {"why": "nothing"})], [("no_handler", None)]]
        self.assertEqual(all_, answers)

    def test_loss_does_not_end_it(self) -> None:
        """It waits while there is no Connection, and goes again when there is."""
        room, _ = self.enter()
        first = self.begin(room, "hang")
        self.lose()
        second = self.begin(room, "hang")
        self.network.settle(0.2)

        sent = [each for each in self.network.wire.heard if b"command" in each]
        self.assertEqual(
            sent,
            [encode_message("__nexus.command", encode([n, "hang"])) for n in (1, 2)],
        )
        self.judge(1, Status.OK, 1)
        self.judge(2, Status.OK, 2)
        self.assertEqual((first, second), ([1], [2]))
        for _ in range(2):
            self.network.settle(60.0)
        self.assertEqual(len(self.flushLoggedErrors(TookTooLong)), 2)

    def test_late_verdict(self) -> None:
        """Nobody waits longer than was said, and what is late is not sent again."""
        room, _ = self.enter()
        self.network.is_down = True
        self.lose()
        late = self.begin(room, "a", timeout=0.5)
        patient = self.begin(room, "a", timeout=None)
        for _ in range(20):
            self.network.settle(1.0)

        self.assertEqual((late, patient), ([("timeout", None)], []))
        self.assertEqual(room._conversation.commands.size, 1)

    def test_end_of_the_room(self) -> None:
        """When the client is out, what it waits for fails, and nothing is taken in."""
        room, _ = self.enter()
        waiting = self.begin(room, "hang", timeout=None)
        self.lose(4000)

        self.assertEqual(waiting, [("closed", None)])
        self.assertEqual(self.begin(room, "a"), [("closed", None)])
        self.assertEqual(room._conversation.commands.size, 0)

    def test_too_many(self) -> None:
        """One that is too many is not taken in."""
        room, _ = self.enter()
        self.network.is_down = True
        self.lose()
        for _ in range(256):
            self.begin(room, "a")

        self.assertEqual(self.begin(room, "a"), [("full", None)])

    def test_what_is_stored(self) -> None:
        """The Room knows which version is stored, and tells of it."""
        room, _ = self.enter()
        told: list[Any] = []
        room.on("saved", told.append)
        before = room.saved_version, room.applied_version
        frame = contents(saved_frame(2**40, 2**40 + 5))

        self.network.wire.listener.received(bytes(frame))

        self.assertEqual(before, (-1, room.replica.version))
        self.assertEqual(told, [Saved(2**40, 2**40 + 5)])
        self.assertEqual(room.saved_version, 2**40)
        bare, _ = self.enter("bare")
        self.assertEqual((bare.saved_version, bare.applied_version), (-1, -1))
