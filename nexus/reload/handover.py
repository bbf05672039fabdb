"""Handover: this process becomes a new program, and keeps its port.

The new program has the same command line and environment. The listening socket stays
open all the while: who connects in between waits, and nobody else can take the port.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, MutableMapping, Sequence
from typing import Any, Final

from attrs import define, field
from twisted.internet.interfaces import IListeningPort, IProtocolFactory

from nexus.net.listen import NowPort

__all__ = ["VARIABLE", "Handover", "KeptPort"]

#: Tells the new program what the old one left: a descriptor, or -1, and a time.
VARIABLE: Final = "NEXUS_HANDOVER"


@define(eq=False)
class KeptPort:
    """The part of a reactor that opens TCP ports, and can keep one over a restart.

    Args:
        reactor: Opens everything else.
        descriptor: A socket that listens already; None: there is none.
    """

    _reactor: Any
    _descriptor: int | None = None
    _port: NowPort | None = field(default=None, init=False)

    def listenTCP(  # noqa: N802 -- called by the endpoints of Twisted
        self,
        port: int,
        factory: IProtocolFactory,
        backlog: int = 50,
        interface: str = "",
    ) -> IListeningPort:
        """Listen, with the socket from before if there is one."""
        if self._descriptor is None:
            opened = NowPort(port, factory, backlog, interface, self._reactor)
            opened.startListening()
        else:
            opened = NowPort.resume(self._reactor, self._descriptor, factory)
            os.close(self._descriptor)
            self._descriptor = None
        self._port = opened
        return opened

    def __getattr__(self, name: str) -> Any:
        """Let endpoints of other sorts open what they open; it is not kept."""
        return getattr(self._reactor, name)

    def keep(self) -> int | None:
        """Return a descriptor that goes on listening when the port is closed."""
        if self._port is not None and self._port.connected:
            return self._port.keep()
        return self._descriptor


@define(eq=False)
class Handover:
    """What one program of this process leaves to the next.

    Attributes:
        began: When the restart began that led to this program; None: there was none.
        descriptor: The socket that the program before listened on.
        folder: The folder that this process was started in.
    """

    folder: str
    began: float | None = None
    descriptor: int | None = None
    _kept: int | None = field(default=None, init=False)
    _since: float | None = field(default=None, init=False)

    @classmethod
    def take(cls, environment: MutableMapping[str, str], folder: str) -> Handover:
        """Take over from the program before, and let no child process know of it."""
        said = environment.pop(VARIABLE, None)
        if said is None:
            return cls(folder)
        descriptor, _, began = said.partition(" ")
        number = int(descriptor)
        if number < 0:
            return cls(folder, float(began))
        os.set_inheritable(number, False)  # noqa: FBT003  # as the standard library has it
        return cls(folder, float(began), number)

    def prepare(self, port: KeptPort, now: float) -> None:
        """Take note that this program is to be followed by another one."""
        self._kept, self._since = port.keep(), now

    def finish(
        self,
        environment: MutableMapping[str, str],
        *,
        command: Sequence[str],
        execute: Callable[[str, list[str]], Any] = os.execv,
    ) -> None:
        """Become the new program, if this one is to be followed by one.

        Called when everything else has ended; it does not return then.
        """
        if self._since is None:
            return
        if self._kept is not None:
            os.set_inheritable(self._kept, True)  # noqa: FBT003  # see above
        kept = -1 if self._kept is None else self._kept
        environment[VARIABLE] = f"{kept} {self._since!r}"
        # The command line may name files as they were seen from here.
        os.chdir(self.folder)
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        execute(sys.executable, [sys.executable, *command])
