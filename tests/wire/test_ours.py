"""Tests of `nexus.wire.ours`, by the vectors that the JavaScript tests read, too."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import PeerError
from nexus.wire.dialect import CURRENT
from nexus.wire.envelope import contents
from nexus.wire.frame import Status, encode_bytes, encode_message, read_server
from nexus.wire.message import UNDEFINED, decode, encode
from nexus.wire.ours import (
    ack_frame,
    commanded_frame,
    latency_frame,
    pong_frame,
    read_applied,
    read_command,
    read_out,
    read_ping,
    read_resume,
    refused_frame,
    resumed_frame,
    saved_frame,
    verdict_frame,
)
from tests import ROOT, examples

VECTORS = json.loads((ROOT / "tests/vectors/client/messages.json").read_text("utf-8"))

#: How a Node writes what a vector says, by the type.
SAID: dict[str, Any] = {
    "__nexus.pong": lambda value: pong_frame(*value),
    "__nexus.ack": ack_frame,
    "__nexus.refused": lambda value: refused_frame(*value),
    "__nexus.resumed": lambda value: resumed_frame(**value),
    "__nexus.latency": lambda value: latency_frame(value["ms"]),
    "__nexus.commanded": commanded_frame,
    "__nexus.saved": lambda value: saved_frame(*value),
    "__nexus.verdict": lambda value: judged(*value),
}

#: How a Node reads the payload of what a client says, by the type.
READ: dict[str, Any] = {
    "__nexus.ping": lambda payload: read_ping(body(payload)),
    "__nexus.applied": lambda payload: read_applied(body(payload)),
    "__nexus.out": lambda payload: heard(*read_out(payload, 0)),
    "__nexus.command": lambda payload: commanded(body(payload)),
    "__nexus.resume": lambda payload: {"version": read_resume(body(payload))},
}


def body(payload: bytes) -> Any:
    """Return what a payload stands for."""
    return decode(payload) if payload else UNDEFINED


def judged(ident: int, status: int, *value: Any) -> bytes:
    """Return the frame of a verdict, with a value or without."""
    payload = encode(value[0]) if value else b""
    return verdict_frame(ident, Status(status), payload)


def commanded(body: Any) -> list[Any]:
    """Return what the array of a command says."""
    command = read_command(body)
    parts = [command.id, command.type, command.body]
    return parts[:2] if command.body is UNDEFINED else parts


def heard(ident: int, plain: bytes) -> list[Any]:
    """Return what the array of an outbox says, by its id and its plain message."""
    message: Any = read_server(plain, CURRENT)
    if plain[0] == 0x11:
        return [ident, message.type, {"$bytes": message.content.hex()}, True]
    return [
        ident,
        message.type,
        *([decode(message.payload)] if message.payload else ()),
    ]


def _outdented(fence: str) -> list[str]:
    """Return the lines that hold bytes, without what they are indented by."""
    return [line.strip() for line in fence.splitlines() if line.strip()]


class VectorTests(SynchronousTestCase):
    def test_what_a_node_says(self) -> None:
        """A Node writes just the golden bytes."""
        said = [each for each in VECTORS["messages"] if each["from"] == "node"]
        self.assertEqual({each["type"] for each in said}, set(SAID))
        for each in said:
            frame = contents(SAID[each["type"]](each["value"]))
            payload = bytes.fromhex(each["payload"])
            self.assertEqual(bytes(frame), encode_message(each["type"], payload))

    def test_what_a_client_says(self) -> None:
        """A Node reads the golden bytes as they are meant."""
        said = [each for each in VECTORS["messages"] if each["from"] == "client"]
        self.assertEqual({each["type"] for each in said}, set(READ))
        for each in said:
            payload = bytes.fromhex(each["payload"])
            self.assertEqual(READ[each["type"]](payload), each["value"], each["means"])

    def test_plain_message_is_the_golden_one(self) -> None:
        """A message of an outbox stands for these bytes, and no others."""
        for each in VECTORS["messages"]:
            if "plain" in each:
                _, plain = read_out(bytes.fromhex(each["payload"]), 0)
                self.assertEqual(plain.hex(), each["plain"], each["means"])

    def test_example_of_the_page(self) -> None:
        """The bytes that people read are those that are sent."""
        page = (ROOT / "docs" / "protocol.md").read_text("utf-8")
        fence = page[page.index("## 9. ") :].split("```text")[1].split("```")[0]
        lines = [line.split("   ")[0].strip() for line in _outdented(fence)]
        said, told = (
            bytes.fromhex("".join(lines[at])) for at in (slice(4), slice(4, None))
        )

        ident, plain = read_out(said, 13)
        self.assertEqual(heard(ident, plain), [1, "move", {"x": 1, "y": 2}])
        self.assertEqual(told, bytes(contents(ack_frame(1))))

    def test_what_is_refused(self) -> None:
        """What is no message of ours is the peer's mistake."""
        for each in VECTORS["refused"]:
            payload = bytes.fromhex(each["payload"])
            with self.assertRaises(PeerError, msg=f"{each['type']}: {each['why']}"):
                READ[each["type"]](payload)


class OutTests(SynchronousTestCase):
    @settings(max_examples=examples(test=300, soak=100_000))
    @given(
        st.integers(1, 2**53 - 1),
        st.text(min_size=1, max_size=300) | st.integers(-(2**53), 2**53),
        st.none() | st.integers(-(2**31), 2**31) | st.text() | st.lists(st.booleans()),
    )
    # Its payload begins as the type of one of ours would go on.
    @example(1, "__nexus", 46)
    def test_plain_message_is_what_was_meant(
        self, ident: int, type_: str | int, value: Any
    ) -> None:
        """Any id, type and value come out as the frame that a plain send makes."""
        try:
            name, content = encode(type_), encode(value)
        except ValueError:  # half a surrogate pair
            return
        head = encode(ident) + name
        raw = content + b"\x00"

        self.assertEqual(
            [
                read_out(b"..\x92" + head, 2),
                read_out(b"..\x93" + head + content, 2),
                read_out(b"..\x94" + head + encode(raw) + b"\xc3", 2),
            ],
            [
                (ident, encode_message(type_, b"")),
                (ident, encode_message(type_, content)),
                (ident, encode_bytes(type_, raw)),
            ],
        )

    @settings(max_examples=examples(test=500, soak=200_000))
    @given(
        st.binary(max_size=40)
        | st.builds(
            bytes.__add__,
            st.sampled_from((b"\x92\x01", b"\x93\x01\xa2hi", b"\x94\x01\xa2hi\xc4")),
            st.binary(max_size=20),
        )
    )
    def test_no_bytes_break_the_reader(self, payload: bytes) -> None:
        """Whatever comes is refused, or is a plain message with an id that counts."""
        try:
            ident, plain = read_out(payload, 0)
        except PeerError:
            return

        self.assertTrue(0 < ident < 2**53)
        message: Any = read_client_type(plain)
        self.assertNotEqual(str(message)[:8], "__nexus.")

    def test_long_reason_is_cut(self) -> None:
        """A refusal is never longer than it needs to be."""
        self.assertLess(len(refused_frame(1, "x" * 60_000)), 300)


class CommandTests(SynchronousTestCase):
    @settings(max_examples=examples(test=500, soak=200_000))
    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        )
        | st.lists(st.integers() | st.text("_nexu.sa"), min_size=2, max_size=3)
    )
    @example([1.0, 2.0])
    def test_no_body_breaks_the_reader(self, said: object) -> None:
        """Whatever is said is refused, or is a command with an id that counts."""
        try:
            command = read_command(said)
        except PeerError:
            return

        self.assertTrue(0 < command.id < 2**53)
        self.assertNotEqual(str(command.type)[:8], "__nexus.")
        self.assertIn(type(command.type), (int, str))

    def test_undefined_is_no_body(self) -> None:
        """What JavaScript left undefined is as good as left out."""
        self.assertEqual(read_command([1, "a", UNDEFINED]), read_command([1, "a"]))


def read_client_type(plain: bytes) -> str | int | None:
    """Return the type of a plain message; None if it is none, which its hearer sees."""
    try:
        return read_server(plain, CURRENT).type  # type: ignore[union-attr]  # it is a Message or Bytes
    except PeerError:
        return None
