"""A network between clients and a daemon that can be broken in every way.

The proxy is a process of its own with a Lane, which is a port, for each network that
a test wants; all on the loopback address. A Lane does what it is told at once, also to
the connections that are open already. All is blocking.

That one socket's bytes overtake another's is made of two steps: `stall` the present
connections, which does not touch those that come later, and `release` them when the
later one was heard.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import sys
from functools import cache
from typing import Any, Final, Literal

from attrs import define, field, frozen
from typing_extensions import override

from tests import ROOT
from tests.support.piped import PipedProcess

__all__ = ["Count", "Lane", "Proxy", "ProxyError", "Way", "shared_proxy"]

#: `up` is from the client to the daemon.
Way = Literal["up", "down", "both"]

#: How long the proxy may take to answer, in seconds.
_PATIENCE: Final = 10.0


class ProxyError(Exception):
    """The proxy cannot do that, or is gone."""


@frozen
class Count:
    """What became of one connection, counted in bytes.

    Attributes:
        near: Whether the client's socket is open.
        far: Whether the daemon's is.
        up_held: How much of what the client said waits.
        down_swallowed: How much of what the daemon said was lost on purpose.
    """

    near: bool
    far: bool
    up_passed: int
    up_held: int
    up_swallowed: int
    down_passed: int
    down_held: int
    down_swallowed: int


@define(eq=False)
class Proxy(PipedProcess):
    """The process."""

    folder = ROOT

    farewell: float = field(default=2.0, kw_only=True)

    @override
    def command(self) -> list[str]:
        """Return what is to be run."""
        return [sys.executable, "-m", "tests.support.proxy_lane"]

    def open(self, target: int, *, window: int | None = None) -> Lane:
        """Open a way to a port.

        Args:
            target: The port of the daemon.
            window: How many bytes its sockets take in before somebody reads them, where
                the system's own choice is too generous.
        """
        number, port = self.ask("open", target=target, window=window)
        return Lane(self, number, port)

    def ask(self, verb: str, **arguments: Any) -> Any:
        """Ask one thing and wait for the answer.

        Raises:
            ProxyError: It could not be done.
        """
        process = self._process
        if process is None:
            raise ProxyError("not started")
        assert process.stdin is not None
        assert process.stdout is not None
        line = json.dumps({"verb": verb} | arguments).encode() + b"\n"
        try:
            process.stdin.write(line)
        except BrokenPipeError:
            raise self._gone("ended") from None
        said = b""
        while not said.endswith(b"\n"):
            ready, _, _ = select.select([process.stdout], [], [], _PATIENCE)
            part = os.read(process.stdout.fileno(), 1 << 16) if ready else b""
            if not part:
                raise self._gone("ended" if ready else "too slow")
            said += part
        answer = json.loads(said)
        if "error" in answer:
            raise ProxyError(answer["error"])
        return answer["value"]

    def _gone(self, why: str) -> ProxyError:
        if self._process is not None:
            self._process.kill()
        self.close()
        return ProxyError(why)


@define(eq=False)
class Lane:
    """A port of the proxy that leads to one daemon.

    Where `connection` may be said it is the number of a connection, counted from 0 as
    they came; otherwise all that were opened so far are meant.

    Attributes:
        port: Where clients reach it.
    """

    _proxy: Proxy
    _number: int
    port: int

    def aim(self, target: int) -> None:
        """Lead new connections to another port."""
        self._ask("aim", target=target)

    def shape(
        self,
        way: Way = "both",
        *,
        delay: float = 0.0,
        jitter: float = 0.0,
        rate: float | None = None,
        room: int = 1 << 20,
    ) -> None:
        """Treat bytes so from now on, on present and future connections.

        Args:
            way: Which bytes.
            delay: How long each is under way, in seconds.
            jitter: How much longer it may be.
            rate: How many bytes a second pass, None for all.
            room: How many bytes are held before no more are read.
        """
        self._ask("shape", way=way, delay=delay, jitter=jitter, rate=rate, room=room)

    def stall(self, way: Way = "both", connection: int | None = None) -> None:
        """Hold what the present connections say, and their ends."""
        self._ask("stall", way=way, connection=connection)

    def release(self, way: Way = "both", connection: int | None = None) -> None:
        """Let go what was held."""
        self._ask("release", way=way, connection=connection)

    def swallow(self, way: Way = "both", connection: int | None = None) -> None:
        """Lose all that is said on the present connections, which stay open."""
        self._ask("swallow", way=way, connection=connection)

    def vanish(self) -> None:
        """Be a network that is gone without a word: `swallow`, and so for new ones."""
        self._ask("vanish", gone=True)
        self.swallow()

    def appear(self) -> None:
        """Be there again for new connections."""
        self._ask("vanish", gone=False)

    def cut(self, connection: int | None = None) -> None:
        """Reset both sides of the present connections."""
        self._ask("cut", reset=True, connection=connection)

    def finish(self, connection: int | None = None) -> None:
        """Close both sides of the present connections in the order of TCP."""
        self._ask("cut", reset=False, connection=connection)

    def refuse(self) -> None:
        """Take no more connections; present ones go on."""
        self._ask("refuse")

    def admit(self) -> None:
        """Take connections again."""
        self._ask("admit")

    def counts(self) -> list[Count]:
        """Return what became of each connection that there ever was."""
        return [Count(**each) for each in self._ask("count")]

    def close(self) -> None:
        """End all that goes through it, and the port."""
        self._ask("close")

    def _ask(self, verb: str, **arguments: Any) -> Any:
        return self._proxy.ask(verb, lane=self._number, **arguments)


@cache
def shared_proxy() -> Proxy:
    """Return the one proxy that ends with this run."""
    proxy = Proxy()
    proxy.start()
    atexit.register(proxy.close)
    return proxy
