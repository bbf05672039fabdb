"""A connection whose kernel and reactor are ours, and all that may happen to it."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import Any

from attrs import define, field
from hypothesis import strategies as st
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import Protocol
from twisted.internet.tcp import Server
from twisted.python.failure import Failure
from typing_extensions import override

from nexus.net.transport import NowServer

__all__ = ["READS", "STEPS", "Connection"]


@define(eq=False)
class Kernel:
    """A socket whose buffer takes what it is told to."""

    room: int = 0
    taken: bytes = b""
    error: int | None = None
    #: What is there to be read; None: nothing yet.
    data: bytes | None = b"data"
    options: list[tuple[object, ...]] = field(factory=list)

    def send(self, data: bytes, _flags: int = 0) -> int:
        """Take as much as there is room for."""
        if self.error is not None:
            raise OSError(self.error, "no")
        size = min(self.room, len(data))
        if not size:
            raise BlockingIOError(errno.EWOULDBLOCK, "full")
        self.taken += bytes(data[:size])
        self.room -= size
        return size

    def recv(self, _size: int) -> bytes:
        """Return what there is to be read."""
        if self.data is None:
            raise BlockingIOError(errno.EWOULDBLOCK, "empty")
        return self.data

    def fileno(self) -> int:
        """Have a number."""
        return 99

    def setblocking(self, flag: int) -> None:
        """Need nothing."""

    def shutdown(self, how: int) -> None:
        """Need nothing."""

    def setsockopt(self, *option: object) -> None:
        """Remember it."""
        self.options.append(option)

    def close(self) -> None:
        """Need nothing."""


@define(eq=False)
class Watch:
    """The part of a reactor that knows who wants to read and to write."""

    readers: set[Any] = field(factory=set)
    writers: set[Any] = field(factory=set)
    later: list[tuple[Any, ...]] = field(factory=list)
    #: How often the kernel was asked to watch, or no more.
    asked: int = 0

    def addReader(self, one: Any) -> None:  # noqa: N802 -- as Twisted calls it
        """Watch for data."""
        self.asked += one not in self.readers
        self.readers.add(one)

    def removeReader(self, one: Any) -> None:  # noqa: N802 -- as Twisted calls it
        """Watch no more."""
        self.asked += one in self.readers
        self.readers.discard(one)

    def addWriter(self, one: Any) -> None:  # noqa: N802 -- as Twisted calls it
        """Watch for room."""
        self.asked += one not in self.writers
        self.writers.add(one)

    def _disconnectSelectable(self, one: Any, why: Any, isRead: bool) -> None:  # noqa: N802, N803 -- as Twisted calls it
        """Tell a connection that it is lost, or that its peer has said all."""
        if isRead and isinstance(why, ConnectionDone):
            one.readConnectionLost(Failure(why))
        else:
            one.connectionLost(Failure(why))

    def removeWriter(self, one: Any) -> None:  # noqa: N802 -- as Twisted calls it
        """Watch no more."""
        self.asked += one in self.writers
        self.writers.discard(one)

    def callLater(self, *call: Any) -> None:  # noqa: N802 -- as Twisted calls it
        """Remember a call."""
        self.later.append(call)


class End(Protocol):
    """Writes down how often the connection was lost; does as it is told with data."""

    def __init__(self) -> None:
        self.ends: list[type[BaseException]] = []
        self.reads: Callable[[], object] = lambda: None

    @override
    def dataReceived(self, data: bytes) -> None:
        """Do it."""
        self.reads()

    @override
    def connectionLost(self, reason: Any = None) -> None:
        """Write it down."""
        self.ends.append(reason.type)


@define(eq=False)
class Connection:
    """A server's end of a connection, with a kernel of our own."""

    is_fast: bool
    kernel: Kernel = field(factory=Kernel)
    watch: Watch = field(factory=Watch)
    end: End = field(factory=End)
    server: Any = field(init=False)
    #: Where it was accepted; None: it is none that was just accepted.
    port: Any = None
    #: Whether it was told to end while it read.
    is_told: bool = False

    def __attrs_post_init__(self) -> None:
        kind = NowServer if self.is_fast else Server
        sock: Any = self.kernel
        watch: Any = self.watch
        self.server = kind(sock, self.end, ("127.0.0.1", 1), self.port, 0, watch)

    def send(self, data: bytes) -> None:
        """Send as a socket of ours does."""
        if not (self.is_fast and self.server.send_now(data)):
            self.server.write(data)

    def read(self, steps: list[tuple[Any, ...]]) -> None:
        """Let the reactor read, if somebody wants to, while some things are done."""
        if self.server not in self.watch.readers:
            return
        self.prepare(steps)
        why = self.server.doRead()
        if why is not None:
            self.server.connectionLost(Failure(why))

    def prepare(self, steps: list[tuple[Any, ...]]) -> None:
        """Let some things be done when the connection reads."""

        def reads() -> None:
            for step in steps:
                self.play(step)
            self.is_told = self.is_told or any(map(_ends, steps))

        self.end.reads = reads
        if any(map(_ends, steps)):
            # Else Twisted waits for it to be, though it has nothing to write.
            self.kernel.room += 1

    def send_last(self, data: bytes) -> None:
        """Send something and end behind it."""
        rest = self.server.end_with(data) if self.is_fast else data
        if rest:
            self.server.write(rest)
            self.server.loseConnection()

    def turn(self) -> None:
        """Let the reactor write, if somebody wants to and the kernel is willing."""
        later, self.watch.later = self.watch.later, []
        for _, call, *arguments in later:
            call(*arguments)
        if (
            self.server.connected
            and self.watch.writers
            and (self.kernel.room or self.kernel.error)
        ):
            why = self.server.doWrite()
            if why is not None:
                self.server.connectionLost(Failure(why))

    def play(self, step: tuple[Any, ...]) -> None:
        """Do one thing."""
        if self.is_told and step[0] in ("send", "write", "last", "shut"):
            return
        match step:
            case ("read", steps):
                self.read(steps)
            case ("last", data):
                self.send_last(data)
            case ("abort",):
                self.server.abortConnection()
            case ("send", data):
                self.send(data)
            case ("write", data):
                self.server.write(data)
            case ("room", size):
                self.kernel.room += size
            case ("break",):
                self.kernel.error = errno.EPIPE
            case ("lose",):
                self.server.loseConnection()
            case ("shut",):
                self.server.loseWriteConnection()
            case ("turn",):
                self.turn()

    def finish(self) -> tuple[bytes, list[type[BaseException]]]:
        """Let everything go out; return what did, and how it ended."""
        self.kernel.room = 10**9
        for _ in range(5):
            self.turn()
        return self.kernel.taken, self.end.ends


def _ends(step: tuple[Any, ...]) -> bool:
    return step[0] in ("lose", "last")


_DATA = st.binary(min_size=1, max_size=40)
_WITHIN = st.one_of(
    st.tuples(st.just("send"), _DATA),
    st.tuples(st.just("write"), _DATA),
    st.tuples(st.just("last"), _DATA),
    st.sampled_from([("lose",), ("lose",), ("shut",)]),
)
#: What is sent before the connection is aborted is gone by then, or it is not.
READS = st.one_of(
    st.lists(_WITHIN, max_size=3),
    st.permutations([("lose",), ("abort",)]),
)
STEPS = st.one_of(
    st.tuples(st.just("read"), READS),
    st.tuples(st.just("send"), _DATA),
    st.tuples(st.just("send"), _DATA),
    st.tuples(st.just("write"), _DATA),
    st.tuples(st.just("room"), st.integers(1, 60)),
    st.tuples(st.just("room"), st.integers(1, 60)),
    st.just(("turn",)),
    st.just(("turn",)),
    st.sampled_from([("lose",), ("shut",), ("break",), ("turn",), ("turn",)]),
)
