"""JavaScript that mirrors a State, run by Node.js, as objects of Python.

What the SDK shows to a game is decided by `@colyseus/schema`, so the tests of our
encoder ask that package itself: one `Decoder` is one Node.js process with one major of
it. `Replicas` is a process with replicas of our own JavaScript client. Each holds as
many sessions (decoders or replicas with their state) as a test wants.
"""

from __future__ import annotations

import json
import os
import select
import struct
import subprocess
import time
from collections.abc import Sequence
from enum import IntEnum, unique
from pathlib import Path
from typing import Any, Final

from attrs import define, field, frozen
from typing_extensions import override

from tests.support.part import find_missing, insist
from tests.support.piped import PipedProcess

#: What 0.16, 0.17 and 0.18 of the SDK decode with, oldest first.
MAJORS: Final = (3, 4, 5)

_SCRIPT: Final = Path(__file__).with_name("schema_decoder.mjs")
_REPLICA: Final = Path(__file__).with_name("replica.mjs")
_REQUEST: Final = struct.Struct("<BII")
_ANSWER: Final = struct.Struct("<BI")
_SIZE: Final = struct.Struct("<I")
#: What a process said to a Request that it was not sent yet.
_UNSAID: Final = object()


@unique
class Verb(IntEnum):
    """What a Request asks of the process."""

    HANDSHAKE = 0
    DECODE = 1
    RESYNC = 2
    DUMP = 3
    REFS = 4
    DROP = 5
    WATCH = 6
    LISTEN = 7
    EVENTS = 8


@unique
class ReplicaVerb(IntEnum):
    """What a Request asks of a process with replicas."""

    OUTLINE = 0
    SNAPSHOT = 1
    PATCH = 2
    DUMP = 3
    COUNT = 4
    DROP = 5
    LISTEN = 6
    EVENTS = 7
    FUZZ = 8
    VERSION = 9


@frozen
class Request:
    """One question about one session."""

    verb: IntEnum
    session: int
    payload: bytes = b""


class DecodeError(Exception):
    """The decoder threw, or complained on its console about what it read."""


class DecoderGone(Exception):
    """The process ended, or did not answer in time and was killed."""


def missing() -> str | None:
    """Tell what keeps the official decoders from running here, None if nothing does.

    Raises:
        RuntimeError: Something is missing although this is a CI run, which must not
            pass for having skipped its tests.
    """
    return insist(find_missing(*(f"schema{major}" for major in MAJORS)))


@define(eq=False)
class NodeProcess(PipedProcess):
    """A process of Node.js that answers Requests.

    After `DecoderGone` it can be started again, without its sessions.

    Attributes:
        timeout: How many seconds one batch of Requests may take.
    """

    timeout: float = field(default=10.0, kw_only=True)
    _told: list[Told] = field(factory=list, init=False)

    @override
    def start(self) -> None:
        """Start the process unless it runs."""
        if self._process is None:
            super().start()
            os.set_blocking(_input_of(self._running()), False)

    def tell(self, verb: IntEnum, session: int, payload: bytes = b"") -> Told:
        """Put a Request by; it is sent ahead of whatever is asked next."""
        told = Told(self, Request(verb, session, payload))
        self._told.append(told)
        return told

    def ask_one(self, verb: IntEnum, session: int, payload: bytes = b"") -> Any:
        """Ask one thing and wait for the answer.

        Raises:
            DecodeError: The decoder threw or complained.
            DecoderGone: There is no answer to come.
        """
        [answer] = self.ask([Request(verb, session, payload)])
        if isinstance(answer, DecodeError):
            raise answer
        return answer

    def ask(self, requests: Sequence[Request]) -> list[Any]:
        """Ask many things in one round trip.

        Returns:
            An answer for each Request in order. One that failed has a `DecodeError`
            in its place; the others are carried out all the same.

        Raises:
            DecoderGone: There is no answer to come.
        """
        told, self._told = self._told, []
        answers = self._exchange([*(each.request for each in told), *requests])
        for each, answer in zip(told, answers, strict=False):
            each.said = answer
        return answers[len(told) :]

    def _exchange(self, requests: Sequence[Request]) -> list[Any]:
        """Send Requests, and read their answers."""
        body = b"".join(
            _REQUEST.pack(request.verb, request.session, len(request.payload))
            + request.payload
            for request in requests
        )
        deadline = time.perf_counter() + self.timeout
        self._write(_SIZE.pack(len(body)) + body, deadline)
        [size] = _SIZE.unpack(self._read(_SIZE.size, deadline))
        return _parse(self._read(size, deadline))

    def _write(self, data: bytes, deadline: float) -> None:
        target = _input_of(self._running())
        rest = memoryview(data)
        while rest:
            _, ready, _ = select.select([], [target], [], _left(deadline))
            if not ready:
                raise self._kill()
            try:
                rest = rest[os.write(target, rest) :]
            except BrokenPipeError:
                raise self._reap() from None

    def _read(self, size: int, deadline: float) -> bytes:
        source = _output_of(self._running())
        parts: list[bytes] = []
        while size > 0:
            ready, _, _ = select.select([source], [], [], _left(deadline))
            if not ready:
                raise self._kill()
            part = os.read(source, size)
            if not part:
                raise self._reap()
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise DecoderGone("not started")
        return self._process

    def _kill(self) -> DecoderGone:
        """End a process that keeps us waiting."""
        self._running().kill()
        self.close()
        return DecoderGone(f"no answer within {self.timeout} s")

    def _reap(self) -> DecoderGone:
        """Take leave of a process that ended on its own."""
        process = self._running()
        self.close()
        return DecoderGone(f"ended with code {process.returncode}")


@define(eq=False)
class Told:
    """A Request that was put by, and what the process said to it.

    Many of them cost one round trip.
    """

    _process: NodeProcess
    request: Request
    said: Any = field(default=_UNSAID, init=False)

    def answer(self) -> Any:
        """Return the answer; now the Request is sent unless it was before.

        Raises:
            DecodeError: The decoder threw or complained.
            DecoderGone: There is no answer to come.
        """
        if self.said is _UNSAID:
            self._process.ask([])
        if isinstance(self.said, DecodeError):
            raise self.said
        return self.said


@define(eq=False)
class Decoder(NodeProcess):
    """A process that hosts the official decoder of one major.

    Attributes:
        major: The major version of `@colyseus/schema`: 3, 4 or 5.
    """

    major: int

    @override
    def command(self) -> list[str]:
        """Return what is to be run."""
        return ["node", str(_SCRIPT), str(self.major)]

    def handshake(self, session: int, reflection: bytes) -> None:
        """Make a new decoder for a session from the bytes of a reflection.

        Raises:
            DecodeError: The decoder refuses or complains about the reflection.
        """
        self.ask_one(Verb.HANDSHAKE, session, reflection)

    def decode(self, session: int, payload: bytes) -> None:
        """Apply a first full state or a Patch.

        Raises:
            DecodeError: The decoder threw or complained; the session may be half
                changed.
        """
        self.ask_one(Verb.DECODE, session, payload)

    def resync(self, session: int, payload: bytes) -> None:
        """Apply a full state as the SDK does at every join and rejoin.

        Major 5 removes what the full state does not mention, if the session has any
        state yet; 3 and 4 only ever add.

        Raises:
            DecodeError: The decoder threw or complained.
        """
        self.ask_one(Verb.RESYNC, session, payload)

    def dump(self, session: int) -> Any:
        """Give the state of a session as JSON values.

        An instance is a dict of the fields that are set, in field order; an array is a
        list. What JSON lacks is a dict with one key: `$map` (list of pairs), `$set`,
        `$collection`, `$int` (a bigint's digits), `$float` (`nan`, `inf`, `-inf`,
        `-0`), `$undefined` (a hole in a list).
        """
        return self.ask_one(Verb.DUMP, session)

    def refs(self, session: int) -> int:
        """Count the objects that a session's decoder knows, its root included."""
        return int(self.ask_one(Verb.REFS, session))

    def watch(self, session: int) -> None:
        """Have the decoder collect changes, as it does for a game with callbacks."""
        self.ask_one(Verb.WATCH, session)

    def listen(self, session: int, *maps: str) -> None:
        """Register callbacks with maps of the root, as a game does."""
        self.ask_one(Verb.LISTEN, session, json.dumps(maps).encode())

    def events(self, session: int) -> list[tuple[str, str, str]]:
        """Take what those heard: the map, `add`, `change` or `remove`, and the key."""
        return [tuple(event) for event in self.ask_one(Verb.EVENTS, session)]

    def drop(self, session: int) -> None:
        """Forget a session; an unknown one is none already."""
        self.ask_one(Verb.DROP, session)


@define(eq=False)
class Replicas(NodeProcess):
    """A process that hosts replicas of our JavaScript client."""

    @override
    def command(self) -> list[str]:
        """Return what is to be run."""
        return ["node", "--expose-gc", str(_REPLICA)]


def _parse(body: bytes) -> list[Any]:
    answers: list[Any] = []
    offset = 0
    while offset < len(body):
        failed, size = _ANSWER.unpack_from(body, offset)
        offset += _ANSWER.size
        value = json.loads(body[offset : offset + size])
        answers.append(DecodeError(value) if failed else value)
        offset += size
    return answers


def _input_of(process: subprocess.Popen[bytes]) -> int:
    assert process.stdin is not None
    return process.stdin.fileno()


def _output_of(process: subprocess.Popen[bytes]) -> int:
    assert process.stdout is not None
    return process.stdout.fileno()


def _left(deadline: float) -> float:
    """Seconds until a deadline, never below zero."""
    return max(0.0, deadline - time.perf_counter())
