"""Tests of a conversation: what a server may say, and what it may not."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.client.conversation import Conversation
from nexus.client.told import (
    Answered,
    Heard,
    Joined,
    Judged,
    Measured,
    Refusal,
    Stored,
    Whole,
)
from nexus.errors import PeerError
from nexus.state import State, Tree, int32
from nexus.sync import Outbox
from nexus.wire import frame as frames
from nexus.wire.dialect import CURRENT
from nexus.wire.frame import Status
from nexus.wire.message import UNDEFINED, decode, encode
from nexus.wire.native import Encoder, encode_outline
from tests import examples


class Score(State):
    """A State of one number."""

    points: int32 = 0


def join(serializer: str = "nexus", handshake: bytes = b"") -> bytes:
    """Write JOIN_ROOM."""
    return frames.encode_join(CURRENT, "token", serializer, handshake)


def ours(what: str, body: Any) -> bytes:
    """Write a Message of ours."""
    return frames.encode_message(f"__nexus.{what}", encode(body))


class ConversationCase(SynchronousTestCase):
    """A test of one conversation."""

    def begin(self, serializer: str = "none") -> Conversation:
        """Join, and take what goes out."""
        conversation = Conversation(Outbox(), size=4_096)
        conversation.begin(0.0, returns=False)
        conversation.receive(join(serializer), 1.0)
        self.assertEqual(conversation.take(1.0), [b"\x0a"])
        return conversation

    def commands(self, conversation: Conversation, now: float) -> list[Any]:
        """Take what goes out, which is commands, and return what they say."""
        said = [frames.read_client(each) for each in conversation.take(now)]
        bodies = []
        for frame in said:
            assert isinstance(frame, frames.Message)
            self.assertEqual(frame.type, "__nexus.command")
            bodies.append(decode(frame.payload))
        return bodies

    def again(self, conversation: Conversation, as_: str = "none") -> list[bytes]:
        """Lose the socket and join again; return what goes out."""
        conversation.end()
        conversation.begin(2.0, returns=True)
        conversation.receive(join(as_), 3.0)
        return conversation.take(3.0)


class ReceiveTests(ConversationCase):
    def test_what_is_told(self) -> None:
        """Each frame of the protocol tells what it says."""
        conversation = self.begin()
        for data, told in (
            (frames.encode_message("a", b""), Heard("a", UNDEFINED)),
            (frames.encode_message(3, encode([1])), Heard(3, [1])),
            (frames.encode_bytes("b", b"\x01"), Heard("b", b"\x01")),
            (frames.encode_error(7, "bad"), Refusal(7, "bad")),
            (
                frames.encode_response(2, Status.OK, encode(5)),
                Answered(2, Status.OK, 5),
            ),
        ):
            self.assertEqual(conversation.receive(data, 5.0), [told])
        self.assertEqual(conversation.heard_at, 5.0)

    def test_what_means_nothing(self) -> None:
        """Frames and Messages that newer servers may send are let pass."""
        conversation = self.begin()

        raw = frames.encode_bytes("__nexus.raw", b"")
        ours_ = ours("newer", 1), ours("latency", {"ms": 1})
        for data in (b"", b"\x12", b"\x1f123", raw, *ours_):
            self.assertEqual(conversation.receive(data, 5.0), [])

    def test_before_the_join(self) -> None:
        """Nothing but an error may come before JOIN_ROOM."""
        conversation = Conversation(Outbox(), size=4_096)
        conversation.begin(0.0, returns=False)

        for data in (b"\x0e", b"\x0f", frames.encode_message("a", b""), ours("ack", 0)):
            with self.assertRaisesRegex(PeerError, "before JOIN_ROOM"):
                conversation.receive(data, 0.0)
        self.assertEqual(
            conversation.receive(frames.encode_error(525, "no"), 0.0),
            [Refusal(525, "no")],
        )

    def test_second_join(self) -> None:
        """JOIN_ROOM comes once a socket, in a format that we read."""
        conversation = self.begin()

        with self.assertRaisesRegex(PeerError, "twice"):
            conversation.receive(join(), 0.0)
        conversation.end()
        conversation.begin(0.0, returns=True)
        with self.assertRaisesRegex(PeerError, "comes as schema"):
            conversation.receive(join("schema"), 0.0)

    def test_wrong_messages_of_ours(self) -> None:
        """What is ours has to be what it says."""
        for data in (
            ours("ack", None),
            ours("ack", -1),
            ours("ack", 1.5),
            ours("ack", float("inf")),
            ours("ack", float("nan")),
            ours("ack", True),
            ours("ack", 1),
            ours("ack", 2.0**60),
            ours("pong", [1]),
            ours("pong", [1, "2"]),
            ours("pong", [1, float("nan")]),
            ours("pong", 5),
            ours("refused", [1, "busy"]),
            ours("refused", ["1", "busy"]),
            ours("refused", [1, 2]),
            ours("refused", {}),
            ours("commanded", -1),
            ours("commanded", [1]),
            ours("saved", 1),
            ours("saved", [1]),
            ours("saved", [1, -1]),
            ours("saved", [None, 1]),
            ours("verdict", 1),
            ours("verdict", [1]),
            ours("verdict", [1, 3]),
            ours("verdict", [1, "0"]),
            ours("verdict", [-1, 0]),
            ours("verdict", [1, 0, 0, 0]),
            ours("resumed", {"version": 1}),
            ours("resumed", {"how": "magic", "version": 1}),
            ours("resumed", {"how": ["patches"], "version": 1}),
            ours("resumed", {"how": "patches", "version": "1"}),
            frames.encode_message("__nexus.ack", b"\xc1"),
        ):
            with self.assertRaises(PeerError):
                self.begin().receive(data, 5.0)

    @settings(max_examples=examples(test=300, soak=50_000))
    @given(st.lists(st.binary(max_size=40), max_size=4), st.integers(10, 23))
    def test_no_bytes_do_more_than_raise(self, chunks: list[bytes], code: int) -> None:
        """Whatever comes, it tells something or is the server's mistake."""
        conversation = Conversation(Outbox(), size=4_096)
        conversation.begin(0.0, returns=False)
        conversation.receive(join(handshake=encode_outline(_tree().outline)), 0.0)
        for chunk in chunks:
            for data in (chunk, bytes((code,)) + chunk, ours("x", 1)[:-3] + chunk):
                try:
                    conversation.receive(data, 1.0)
                except PeerError:
                    conversation.end()
                    return


def _tree() -> Tree:
    return Tree(Score(points=3))


class ReturnTests(ConversationCase):
    def test_asks_for_what_it_lacks(self) -> None:
        """Who comes back says which version it has, before it takes the join."""
        tree = _tree()
        tree.flush()
        conversation = Conversation(Outbox(), size=4_096)
        conversation.begin(0.0, returns=False)
        outline = encode_outline(tree.outline)
        conversation.receive(join(handshake=outline), 0.0)
        conversation.receive(b"\x0e" + Encoder(tree).snapshot(), 0.0)

        said = self.again(conversation, "nexus")

        version = {"version": conversation.replica.version}
        self.assertEqual(said, [ours("resume", version), b"\x0a"])

    def test_whole_without_a_state(self) -> None:
        """Where there is no State, the acknowledgement says that all is there."""
        conversation = self.begin()
        conversation.send("a", 1)
        [first] = conversation.take(1.0)

        self.assertEqual(self.again(conversation), [b"\x0a"])
        self.assertEqual(conversation.receive(ours("ack", 0), 4.0), [Whole("none")])

        self.assertEqual(conversation.take(4.0), [first])
        self.assertEqual(conversation.receive(ours("ack", 1), 4.0), [])

    def test_patches_that_are_none(self) -> None:
        """Who missed nothing is back as soon as that is said."""
        conversation = self.begin("nexus")
        self.again(conversation, "nexus")

        resumed = ours("resumed", {"version": 0, "how": "patches"})

        self.assertEqual(conversation.receive(resumed, 4.0), [Whole("patches")])
        self.assertEqual(conversation.receive(resumed, 4.0), [])

    def test_pings(self) -> None:
        """A ping has the next number; its answer is taken once."""
        conversation = self.begin()
        conversation.ping(100.0)
        [data] = conversation.take(100.0)
        frame = frames.read_client(data)
        assert isinstance(frame, frames.Message)
        self.assertEqual((frame.type, decode(frame.payload)), ("__nexus.ping", 1))

        pong = ours("pong", [1, 5_000.25])

        self.assertEqual(conversation.receive(pong, 140.0), [Measured()])
        self.assertEqual(conversation.receive(pong, 150.0), [])
        self.assertEqual(conversation.clock.now(140.0), 5_020.25)

    def test_join_is_told(self) -> None:
        """JOIN_ROOM is told, and its token kept."""
        conversation = Conversation(Outbox(), size=4_096)
        conversation.begin(0.0, returns=False)

        self.assertEqual(conversation.receive(join("none"), 0.0), [Joined()])

        self.assertEqual((conversation.token, conversation.has_state), ("token", False))


class CommandTests(ConversationCase):
    def test_verdicts(self) -> None:
        """A command has a number, and its verdict is told once, with its value."""
        conversation = self.begin()
        first = conversation.command("a", {"x": 1})
        second = conversation.command(7, UNDEFINED)
        assert first is not None
        assert second is not None

        said = self.commands(conversation, 1.0)
        done = conversation.receive(ours("verdict", [2, 0]), 2.0)
        refused = conversation.receive(ours("verdict", [1, 1, "no"]), 2.0)

        self.assertEqual(said, [[1, "a", {"x": 1}], [2, 7]])
        self.assertEqual(done, [Judged(second, Status.OK, UNDEFINED)])
        self.assertEqual(refused, [Judged(first, Status.REJECTED, "no")])
        for late in (0, 1, 2, 3):
            frame = ours("verdict", [late, 2])
            self.assertEqual(conversation.receive(frame, 3.0), [])

    def test_return(self) -> None:
        """After a return what is unanswered goes again behind the acknowledgement."""
        conversation = self.begin()
        for name in "abc":
            conversation.command(name, UNDEFINED)
        self.commands(conversation, 1.0)
        conversation.receive(ours("verdict", [2, 0]), 1.0)
        conversation.end()
        conversation.command("d", 4)
        conversation.begin(2.0, returns=True)
        conversation.receive(join("none"), 3.0)

        self.assertEqual(conversation.take(3.0), [b"\x0a"])
        self.assertIsNone(conversation.wait(3.0))
        conversation.receive(ours("ack", 0), 4.0)
        self.assertEqual(
            self.commands(conversation, 4.0), [[1, "a"], [3, "c"], [4, "d", 4]]
        )

        conversation.receive(ours("ack", 0), 5.0)
        self.assertEqual(conversation.take(5.0), [])

    def test_numbers_go_on_behind_those_of_another(self) -> None:
        """Who came with the token of another client counts on from its commands."""
        conversation = Conversation(Outbox(), size=4_096)
        conversation.begin(0.0, returns=True)
        conversation.command("a", UNDEFINED)
        conversation.receive(join("none"), 1.0)
        conversation.take(1.0)

        conversation.receive(ours("commanded", 41), 1.0)
        conversation.receive(ours("ack", 0), 1.0)

        self.assertEqual(self.commands(conversation, 1.0), [[42, "a"]])
        self.assertEqual(conversation.receive(ours("verdict", [41, 0]), 2.0), [])

    def test_next_wait_is_the_shorter_one(self) -> None:
        """What waits goes as soon as either an outbox or commands let it."""
        conversation = self.begin()
        conversation.end()
        for _ in range(26):
            conversation.command("a", UNDEFINED)
        for _ in range(51):
            conversation.send("b", UNDEFINED)
        conversation.begin(0.0, returns=True)
        conversation.receive(join("none"), 0.0)
        conversation.receive(ours("ack", 0), 0.0)

        self.assertEqual(len(conversation.take(0.0)), 1 + 50 + 25)
        self.assertEqual(conversation.wait(0.0), 20.0)
        self.assertEqual(len(conversation.take(20.0)), 1)
        self.assertEqual(conversation.wait(20.0), 20.0)

    def test_what_is_stored(self) -> None:
        """The Node tells which version is stored, and which was sent out."""
        conversation = self.begin()

        told = conversation.receive(ours("saved", [2.0**40, 2**40 + 1]), 1.0)

        self.assertEqual(told, [Stored(2**40, 2**40 + 1)])
