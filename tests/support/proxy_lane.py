"""The process of the proxy: `python -m tests.support.proxy_lane`; see `proxy`.

It reads one JSON object a line from stdin, and answers each with a line. `verb` names
what is to be done, the rest are its arguments; an answer has `value` or `error`. It
ends with its stdin.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from random import Random
from typing import Any, Final

from attrs import define, field
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IAddress, IListeningPort
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.stdio import StandardIO
from twisted.internet.task import react
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure
from typing_extensions import override

from tests.support.proxy_pump import End, Pump, Shape

__all__: list[str] = []

_HOST: Final = "127.0.0.1"

#: How long the daemon behind a lane may take to accept, in seconds.
_PATIENCE: Final = 5.0


class Side(Protocol):
    """One of the two sockets of a Pair."""

    def __init__(self) -> None:
        self.out: Pump | None = None
        self.gone = False
        self._early: list[bytes] = []

    def attach(self, out: Pump) -> None:
        """Give all that is heard to a Pump, also what came before it was there."""
        self.out = out
        for data in self._early:
            out.take(data)
        if self.gone:
            out.take(End(reset=True))

    @override
    def dataReceived(self, data: bytes) -> None:
        """Pass on what was heard."""
        if self.out is None:
            self._early.append(data)
        else:
            self.out.take(data)

    @override
    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Pass on that there is no more to come."""
        self.gone = True
        if self.out is not None:
            self.out.take(End(reset=reason.check(ConnectionDone) is None))

    def write(self, data: bytes) -> None:
        """Say something, unless nobody is there any more."""
        if not self.gone:
            self.transport.write(data)

    def hush(self, quiet: bool) -> None:
        """Stop reading, or go on."""
        if self.gone:
            return
        if quiet:
            self.transport.pauseProducing()
        else:
            self.transport.resumeProducing()

    def finish(self, end: End) -> None:
        """End as the other side did."""
        if self.gone:
            return
        if end.reset:
            self.transport.abortConnection()
        else:
            self.transport.unregisterProducer()
            self.transport.loseConnection()


@define(eq=False)
class Pair:
    """A connection through a Lane: a client, the daemon, and a Pump each way."""

    near: Side
    far: Side
    up: Pump
    down: Pump

    def pumps(self, way: str) -> list[Pump]:
        """Return the Pumps that are meant by `up`, `down` or `both`."""
        return {"up": [self.up], "down": [self.down], "both": [self.up, self.down]}[way]

    def cut(self, end: End) -> None:
        """End both sides at once, whatever is held."""
        for pump in (self.up, self.down):
            pump.swallow()
        for side in (self.near, self.far):
            side.finish(end)

    def count(self) -> dict[str, Any]:
        """Say how things are."""
        counts = {
            f"{way}_{what}": getattr(pump, what)
            for way, pump in (("up", self.up), ("down", self.down))
            for what in ("passed", "held", "swallowed")
        }
        return counts | {"near": not self.near.gone, "far": not self.far.gone}


@define(eq=False)
class Lane(Factory):
    """A port of its own through which a client reaches a daemon, or does not.

    The port is bound twice: by a socket that never listens, so that nobody else gets
    the port while this Lane refuses connections, and by the one that does.
    """

    _reactor: Any
    target: int
    _window: int | None
    _random: Random
    up: Shape = field(factory=Shape, init=False)
    down: Shape = field(factory=Shape, init=False)
    swallowing: bool = field(default=False, init=False)
    pairs: list[Pair] = field(factory=list, init=False)
    _anchor: socket.socket = field(factory=socket.socket, init=False)
    _listening: IListeningPort | None = field(default=None, init=False)

    @property
    def port(self) -> int:
        """Where clients reach it."""
        return int(self._anchor.getsockname()[1])

    def open(self) -> None:
        """Begin to listen."""
        self._anchor.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._anchor.bind((_HOST, 0))
        self.admit()

    def admit(self) -> None:
        """Take connections."""
        if self._listening is not None:
            return
        with socket.socket() as mine:
            mine.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if self._window is not None:
                # Before it listens: only then do its connections begin with it.
                mine.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._window)
            mine.setblocking(False)
            mine.bind((_HOST, self.port))
            mine.listen(256)
            self._listening = self._reactor.adoptStreamPort(
                mine.fileno(), socket.AF_INET, self
            )

    async def refuse(self) -> None:
        """Take no more connections."""
        listening, self._listening = self._listening, None
        if listening is not None:
            await listening.stopListening()

    async def close(self) -> None:
        """End the port and all that goes through it."""
        await self.refuse()
        for pair in self.pairs:
            pair.cut(End(reset=True))
        self._anchor.close()

    @override
    def buildProtocol(self, addr: IAddress) -> Side | None:
        """Reach the daemon for a client that came, None if it cannot be reached."""
        assert isinstance(addr, IPv4Address)
        near = Side()
        try:
            far = self._reach()
        except OSError:
            # Nobody listens there: the client is parted from as soon as it came.
            return None
        self._join(near, far)
        return near

    def _reach(self) -> Side:
        with socket.socket() as made:
            if self._window is not None:
                made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._window)
            made.settimeout(_PATIENCE)
            made.connect((_HOST, self.target))
            made.setblocking(False)
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            far = Side()
            factory = Factory.forProtocol(lambda: far)  # type: ignore[arg-type]  # any maker
            self._reactor.adoptStreamConnection(made.fileno(), socket.AF_INET, factory)
        return far

    def _join(self, near: Side, far: Side) -> None:
        clock, chance = self._reactor, self._random
        up = Pump(clock, chance, far.write, far.finish, near.hush, self.up)
        down = Pump(clock, chance, near.write, near.finish, far.hush, self.down)
        pair = Pair(near, far, up, down)
        self.pairs.append(pair)
        if self.swallowing:
            up.swallow()
            down.swallow()
        far.attach(down)
        far.transport.registerProducer(up, True)
        # The client's socket has no transport before this turn ends.
        clock.callLater(0, self._attach, pair)

    def _attach(self, pair: Pair) -> None:
        pair.near.attach(pair.up)
        if not pair.near.gone:
            pair.near.transport.setTcpNoDelay(True)
            pair.near.transport.registerProducer(pair.down, True)


class Control(LineReceiver):
    """Does what the tests ask for."""

    delimiter = b"\n"
    MAX_LENGTH = 1 << 16

    def __init__(self, reactor: Any, done: Deferred[None]) -> None:
        self._reactor = reactor
        self._done = done
        self._random = Random(0)
        self._lanes: list[Lane] = []

    @override
    def lineReceived(self, line: bytes) -> None:
        """Do one thing and answer."""
        said = json.loads(line)
        verb: Callable[..., Any] = getattr(self, f"ask_{said.pop('verb')}")
        Deferred.fromCoroutine(self._answer(verb, said))

    async def _answer(self, verb: Callable[..., Any], said: dict[str, Any]) -> None:
        try:
            answer = {"value": await verb(**said)}
        except (ArithmeticError, LookupError, OSError, TypeError, ValueError) as error:
            answer = {"error": repr(error)}
        self.sendLine(json.dumps(answer).encode())

    @override
    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """End the process, as nobody asks any more."""
        if not self._done.called:
            self._done.callback(None)

    def _pairs(self, lane: int, connection: int | None) -> list[Pair]:
        pairs = self._lanes[lane].pairs
        return pairs if connection is None else [pairs[connection]]

    async def ask_open(self, target: int, window: int | None) -> list[int]:
        """Open a Lane to a port; return its number and its own port."""
        lane = Lane(self._reactor, target, window, self._random)
        lane.open()
        self._lanes.append(lane)
        return [len(self._lanes) - 1, lane.port]

    async def ask_aim(self, lane: int, target: int) -> None:
        """Lead new connections to another port."""
        self._lanes[lane].target = target

    async def ask_shape(self, lane: int, way: str, **shape: Any) -> None:
        """Treat bytes in another way, on all connections."""
        found = self._lanes[lane]
        new = Shape(**shape)
        for name in ("up", "down") if way == "both" else (way,):
            setattr(found, name, new)
        for pair in found.pairs:
            for pump in pair.pumps(way):
                pump.shape = new

    async def ask_stall(self, lane: int, way: str, connection: int | None) -> None:
        """Hold what the present connections say."""
        for pair in self._pairs(lane, connection):
            for pump in pair.pumps(way):
                pump.stall()

    async def ask_release(self, lane: int, way: str, connection: int | None) -> None:
        """Let go what was held."""
        for pair in self._pairs(lane, connection):
            for pump in pair.pumps(way):
                pump.release()

    async def ask_swallow(self, lane: int, way: str, connection: int | None) -> None:
        """Lose all that the present connections say, and keep them open."""
        for pair in self._pairs(lane, connection):
            for pump in pair.pumps(way):
                pump.swallow()

    async def ask_vanish(self, lane: int, gone: bool) -> None:
        """Decide whether what new connections say is lost."""
        self._lanes[lane].swallowing = gone

    async def ask_cut(self, lane: int, reset: bool, connection: int | None) -> None:
        """End the present connections."""
        for pair in self._pairs(lane, connection):
            pair.cut(End(reset))

    async def ask_refuse(self, lane: int) -> None:
        """Take no more connections."""
        await self._lanes[lane].refuse()

    async def ask_admit(self, lane: int) -> None:
        """Take connections again."""
        self._lanes[lane].admit()

    async def ask_count(self, lane: int) -> list[dict[str, Any]]:
        """Say how all connections are that there ever were."""
        return [pair.count() for pair in self._lanes[lane].pairs]

    async def ask_close(self, lane: int) -> None:
        """End a Lane and all that goes through it."""
        await self._lanes[lane].close()


async def _serve(reactor: Any) -> None:
    done: Deferred[None] = Deferred()
    StandardIO(Control(reactor, done), reactor=reactor)
    await done


if __name__ == "__main__":
    react(lambda reactor: Deferred.fromCoroutine(_serve(reactor)))
