"""Who is still there, and how far away: pings to all sockets by one timer."""

from __future__ import annotations

from typing import Final, Protocol

from attrs import define, field
from twisted.internet.interfaces import IDelayedCall, IReactorTime

__all__ = ["Beating", "Heartbeat", "Pulse"]

#: The sockets are parted into so many groups, which are pinged one after the other.
_GROUPS: Final = 30

#: A ping carries its number in so many bytes.
_WIDTH: Final = 4
_WRAP: Final = 1 << (8 * _WIDTH)


class Beating(Protocol):
    """What has a pulse."""

    def ping(self, payload: bytes) -> None:
        """Ask the peer to send this back."""

    def miss(self) -> None:
        """End: the peer did not answer."""


@define(eq=False)
class Pulse:
    """What is known of the pings to one socket."""

    _clock: IReactorTime
    _number: int = field(default=0, init=False)
    _sent: float | None = field(default=None, init=False)

    @property
    def is_awaited(self) -> bool:
        """Whether there is a ping without an answer."""
        return self._sent is not None

    def next_ping(self) -> bytes:
        """Begin to wait for an answer, and return what it has to be."""
        self._number = (self._number + 1) % _WRAP
        self._sent = self._clock.seconds()
        return self._number.to_bytes(_WIDTH, "big")

    def answer(self, payload: bytes) -> float | None:
        """Take a pong.

        Returns:
            The seconds since its ping, or None if it answers none that is awaited.
        """
        if self._sent is None or payload != self._number.to_bytes(_WIDTH, "big"):
            return None
        # The reactor's clock is wall time, which somebody may set back.
        passed = max(0.0, self._clock.seconds() - self._sent)
        self._sent = None
        return passed


@define(eq=False)
class Heartbeat:
    """Pings each socket once an interval, and ends those that did not answer.

    The timer runs as long as there are sockets. It never catches up: after a pause of
    the whole process the peers get their time to answer all the same.
    """

    _interval: float
    _clock: IReactorTime
    _groups: list[dict[Pulse, Beating]] = field(
        factory=lambda: [{} for _ in range(_GROUPS)], init=False
    )
    _place: dict[Pulse, dict[Pulse, Beating]] = field(factory=dict, init=False)
    _entered: int = field(default=0, init=False)
    _turn: int = field(default=0, init=False)
    _timer: IDelayedCall | None = field(default=None, init=False)

    def watch(self, socket: Beating) -> Pulse:
        """Ping this socket from now on, until it is told to `forget` the pulse."""
        pulse = Pulse(self._clock)
        # Whoever comes next goes to the next group: also those that come all at once,
        # after a network was gone, are spread over the interval.
        group = self._groups[self._entered % _GROUPS]
        self._entered += 1
        group[pulse] = socket
        self._place[pulse] = group
        if self._timer is None:
            self._schedule()
        return pulse

    def forget(self, pulse: Pulse) -> None:
        """Send no more pings to the socket of this pulse."""
        group = self._place.pop(pulse, None)
        if group is not None:
            del group[pulse]
        if not self._place and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _schedule(self) -> None:
        self._timer = self._clock.callLater(self._interval / _GROUPS, self._beat)

    def _beat(self) -> None:
        """Ping one group; the next one in a while."""
        self._schedule()
        self._turn = (self._turn + 1) % _GROUPS
        for pulse, socket in list(self._groups[self._turn].items()):
            if pulse not in self._place:
                continue  # it went when another one was pinged
            if pulse.is_awaited:
                self.forget(pulse)
                socket.miss()
            else:
                socket.ping(pulse.next_ping())
