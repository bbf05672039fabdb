"""Connections that one Inlet reads, by real sockets and a reactor of our own."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable
from typing import Any

from attrs import define, field
from hypothesis import strategies as st
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.protocol import Protocol, ServerFactory
from twisted.python import log
from twisted.python.failure import Failure
from typing_extensions import override

from nexus.net.inlet import Inlet
from nexus.net.listen import NowPort
from nexus.net.transport import NowServer
from tests.net.kernel import Watch

__all__ = ["ACTS", "COUNT", "STEPS", "Room", "Wire"]

COUNT = 3


class Ear(Protocol):
    """Tells what it hears, and writes down how it ends."""

    def __init__(
        self, hear: Callable[[bytes], None], end: Callable[[Any], None]
    ) -> None:
        self.hears, self.is_over = hear, end
        self.ends: list[type[BaseException]] = []

    @override
    def dataReceived(self, data: bytes) -> None:
        """Tell it."""
        self.hears(data)

    @override
    def connectionLost(self, reason: Any = None) -> None:
        """Write it down."""
        self.is_over(reason.type)
        self.ends.append(reason.type)


@define(eq=False)
class Wire:
    """A connection that an Inlet reads, with the peer's end of it."""

    room: Room
    number: int
    acts: list[tuple[str, int]] = field(factory=list)
    said: bytes = b""
    heard: bytes = b""
    is_paused: bool = False
    #: Whether it was ever written to.
    writes: bool = False
    #: Whether it was told to end, by whom ever, or cannot be written to.
    is_ended: bool = False
    peer: socket.socket = field(init=False)
    ear: Ear = field(init=False)
    server: Any = field(init=False)

    def __attrs_post_init__(self) -> None:
        ours, self.peer = socket.socketpair()
        ours.setblocking(False)
        self.ear = Ear(self.hear, self.end)
        watch: Any = self.room.watch
        port: Any = self.room.port
        self.server = NowServer(ours, self.ear, ("127.0.0.1", 1), port, 0, watch)
        self.server.read_first()
        self.server.read_together()

    def hear(self, data: bytes) -> None:
        """Take a chunk."""
        # What is raised in here is an author's mistake, which ends the connection.
        if self.is_paused or self.ear.ends:
            self.room.wrong.append(f"{self.number} is heard, paused or gone as it is")
        self.heard += data
        if self.acts:
            act, number = self.acts.pop(0)
            self.is_ended = self.is_ended or act == "fail"
            self.room.act(act, number)

    def end(self, why: type[BaseException]) -> None:
        """Be told that the connection is gone."""
        if not self.is_paused or self.is_ended:
            return
        if self.writes and why is ConnectionLost:
            # Who cannot be written to is gone, whatever it said before.
            self.is_ended = True
        elif why in (ConnectionDone, ConnectionLost):
            self.room.wrong.append(f"{self.number} was read, paused as it is")

    def say(self, size: int) -> None:
        """Let the peer say something."""
        words = bytes((len(self.said) + each) % 251 for each in range(size))
        try:
            self.peer.sendall(words)
        except OSError:
            return
        self.said += words

    def drain(self) -> None:
        """Let the peer read what there is."""
        with contextlib.suppress(OSError):
            while self.peer.recv(1 << 20, socket.MSG_DONTWAIT):
                pass


class Room:
    """Some connections that one Inlet reads."""

    def __init__(self, test: Any, acts: list[list[tuple[str, int]]]) -> None:
        self.test = test
        self.watch = Watch()
        self.port = NowPort(0, ServerFactory())
        self.inlet = self.port.inlet = Inlet(self.watch)
        self.wires = [
            Wire(self, number, list(each)) for number, each in enumerate(acts)
        ]
        self.failed = 0
        #: What should not have been.
        self.wrong: list[str] = []

    def act(self, what: str, number: int) -> None:
        """Do something to a connection, as whoever is heard may."""
        wire = self.wires[number]
        match what:
            case "pause":
                wire.server.pauseProducing()
                wire.is_paused = True
            case "resume":
                wire.server.resumeProducing()
                wire.is_paused = False
            case "write":
                wire.writes = True
                wire.server.write(bytes(300_000))
            case "lose":
                wire.is_ended = True
                wire.server.loseConnection()
            case "abort":
                wire.is_ended = True
                wire.server.abortConnection()
            case "fail":
                self.failed += 1
                raise ValueError("a mistake")

    def turn(self) -> None:
        """Let the reactor have a turn."""
        later, self.watch.later = self.watch.later, []
        for _, call, *arguments in later:
            call(*arguments)
        if self.inlet in self.watch.readers:
            self.inlet.doRead()
        for server in [wire.server for wire in self.wires]:
            if server in self.watch.readers:
                self.end(server, self.tried(server.doRead))
            if server in self.watch.writers:
                self.end(server, self.tried(server.doWrite))

    def tried(self, call: Callable[[], object]) -> object:
        """Return why a connection ends, if it does, as the reactor finds it."""
        try:
            return call()
        except ValueError as error:
            log.err()
            return error

    def end(self, server: Any, why: Any) -> None:
        """End a connection as the reactor does, if there is a reason."""
        if why is not None and server.connected:
            self.watch.removeReader(server)
            self.watch.removeWriter(server)
            server.connectionLost(Failure(why))

    def play(self, step: tuple[Any, ...]) -> None:
        """Do one thing, between two turns."""
        match step:
            case ("turn",):
                self.turn()
            case ("say", number, size):
                self.wires[number].say(size)
            case ("all", size):
                for wire in self.wires:
                    wire.say(size)
                self.turn()
            case ("leave", number):
                self.wires[number].peer.close()
            case ("drain", number):
                self.wires[number].drain()
            case (what, number):
                self.act(what, number)

    def close(self) -> None:
        """End all that is still there."""
        for wire in self.wires:
            wire.peer.close()
            if wire.server.connected:
                wire.server.connectionLost(Failure(ConnectionDone()))


_NUMBERS = st.integers(0, COUNT - 1)
ACTS = st.tuples(
    st.sampled_from(["pause"] * 3 + ["resume", "write", "lose", "abort", "fail"]),
    _NUMBERS,
)
STEPS = st.one_of(
    st.just(("turn",)),
    st.tuples(st.just("say"), _NUMBERS, st.integers(1, 50)),
    st.tuples(st.just("all"), st.integers(1, 50)),
    st.tuples(st.just("all"), st.integers(1, 50)),
    st.tuples(
        st.sampled_from(["pause", "resume", "leave", "write", "drain", "drain"]),
        _NUMBERS,
    ),
)
