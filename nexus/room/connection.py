"""Connection: one socket's conversation with a Room, from upgrade to close."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from nexus.bucket import Bucket
from nexus.errors import Close, LimitError, PeerError
from nexus.limit import Limits
from nexus.net.port import Socket
from nexus.room.message.allowance import Allowance
from nexus.room.message.ours import hear_ours
from nexus.wire.dialect import Dialect
from nexus.wire.envelope import seal
from nexus.wire.frame import Opcode, encode_error, encode_message
from nexus.wire.message import UNDEFINED, decode
from nexus.wire.ours import APPLIED, latency_frame
from nexus.wire.phase import NEXT, Phase

if TYPE_CHECKING:
    from nexus.room.actor import RoomActor
    from nexus.room.client import Client
    from nexus.room.fanout.sounding import Sounding

__all__ = ["Connection"]

#: How a client begins to say what it applied; so many may come a second, and at once.
_REPORT: Final = encode_message(APPLIED, b"")
_REPORTS: Final = (20.0, 60.0)
_PONG: Final = seal(b"\x12")

#: What a close frame can carry of a reason, in bytes.
_MAX_REASON: Final = 123


class Connection:
    """What one socket and one Client say to each other.

    Args:
        socket: Where frames go.
        dialect: The version of the protocol that its SDK speaks.
        limits: How much the peer may send.
        clock: What the limits go by.
        address: The peer's IP address.
    """

    __slots__ = (
        "_acts",
        "_allowance",
        "_cancel_wait",
        "_clock",
        "_limits",
        "_phase",
        "_queue",
        "_queued_bytes",
        "_reports",
        "actor",
        "address",
        "begins_anew",
        "client",
        "closed",
        "dialect",
        "outlet",
        "ready",
        "resume_from",
        "returns",
        "skips_handshake",
        "socket",
        "sounding",
        "was_lost",
    )

    _log = Logger()

    def __init__(
        self,
        socket: Socket,
        dialect: Dialect,
        limits: Limits,
        clock: IReactorTime,
        *,
        address: str = "",
        skips_handshake: bool = False,
        returns: bool = False,
    ) -> None:
        self.socket = socket
        self.outlet = socket.outlet
        self.dialect = dialect
        self.address = address
        #: Whether the client knows the classes already.
        self.skips_handshake = skips_handshake
        #: Whether the client was in the room before.
        self.returns = returns
        #: The version of the state that a returning client says it holds.
        self.resume_from: int | None = None
        #: Whether the client is told of other classes than it knew.
        self.begins_anew = False
        self.actor: RoomActor | None = None
        self.client: Client | None = None
        #: Whether the client has its state and takes patches.
        self.ready = False
        #: Whether it takes what it is sent, where a client does not tell by itself.
        self.sounding: Sounding | None = None
        #: The code that the socket was closed with; None while it is open.
        self.closed: int | None = None
        #: Whether the socket went without anybody's will.
        self.was_lost = False
        self._clock = clock
        self._limits = limits
        self._reports = Bucket(*_REPORTS)
        self._allowance = Allowance(limits)
        #: What waits for the client to take its state; None: nothing waits any more.
        self._queue: list[bytes] | None = []
        self._queued_bytes = 0
        #: Cancels the end of the time to acknowledge; None: nothing is awaited.
        self._cancel_wait: Callable[[], None] | None = None
        self._phase = Phase.ARRIVED
        self._acts = _ACTS[Phase.ARRIVED]

    @property
    def phase(self) -> Phase:
        """How far the conversation is."""
        return self._phase

    def enter(self, phase: Phase) -> None:
        """Go on to a phase."""
        cancel, self._cancel_wait = self._cancel_wait, None
        if cancel is not None:
            cancel()
        self._phase = phase
        self._acts = _ACTS[phase]

    # What the socket calls.

    def receive(self, data: bytes) -> None:
        """Take one frame of the client."""
        try:
            if data:
                self._acts[data[0] & 0x1F](self, data)
            else:
                self._pass(data)
        except PeerError as error:
            self.refuse(error)

    def lost(self, code: int, reason: str) -> None:
        """Take note that the socket is gone."""
        if self.closed is None:
            self.closed = code
            self.was_lost = code != Close.CONSENTED
        self.enter(Phase.LEAVING)
        self._queue, self._queued_bytes, self.ready = [], 0, False
        self.outlet.close()
        if self.actor is not None and self.client is not None:
            self.actor.exits.lost(self, self.client, code)

    def now(self) -> float:
        """Return the time, in seconds, by the clock that all of this goes by."""
        return self._clock.seconds()

    def measured(self, seconds: float) -> None:
        """Take note of a round trip, and tell the client."""
        client = self.client
        if client is None or self._phase is not Phase.JOINED:
            return
        client.latency = seconds
        now = self._clock.seconds()
        client.pace.echoed(now - seconds, now)
        # Others would show it to whoever listens for all messages.
        if client.receipt is not None:
            self.post(latency_frame(round(seconds * 1000, 1)))

    # What the Room calls.

    def announce(self, frame: bytes) -> None:
        """Send JOIN_ROOM; from now on the client is heard, and is to acknowledge."""
        self.enter(Phase.ANNOUNCED)
        assert self.actor is not None
        self._cancel_wait = self.actor.later(
            self.actor.room.seat_seconds, self._not_acknowledged
        )
        self.socket.deliver(seal(frame))

    def deliver(self, frame: bytes) -> None:
        """Send a sealed frame now, ahead of what waits."""
        self.socket.deliver(frame)

    def post(self, frame: bytes) -> None:
        """Send a sealed frame as soon as the client has its state."""
        if self._queue is None:
            self.socket.deliver(frame)
        elif self._phase is not Phase.LEAVING:
            if len(self._queue) >= self._limits.queued:
                why = "too many messages wait for an acknowledgement"
                self.refuse(LimitError(why, "queued"))
                return
            size = self._queued_bytes + len(frame)
            if size > self._limits.outgoing_bytes:
                why = "too many bytes wait for an acknowledgement"
                self.refuse(LimitError(why, "outgoing_bytes"))
                return
            self._queue.append(frame)
            self._queued_bytes = size

    def open_queue(self) -> None:
        """Send what waited: the client has its state."""
        queue, self._queue, self.ready = self._queue, None, True
        self._queued_bytes = 0
        for frame in queue or ():
            self.socket.deliver(frame)

    def fail(self, code: int, text: str) -> None:
        """Tell the client of an error, in the numbers of its version."""
        if self.closed is None:
            self.socket.deliver(seal(encode_error(self.dialect.code(code), text)))

    def refuse(self, error: PeerError) -> None:
        """End the conversation: the peer broke a rule."""
        why = str(error)
        if isinstance(error, LimitError) and self.actor is not None:
            self.actor.around.meters.beyond.labels(error.limit).inc()
        self._log.warn(
            "closing {address} in {room_id}, client {session_id}: {why}",
            address=self.address,
            room_id=self.actor.room_id if self.actor else None,
            session_id=self.client.session_id if self.client else None,
            act="receive",
            why=why,
        )
        client = self.client
        # A client that is away, or came by another socket, is not hurt by this one; of
        # one that leaves already only the socket is left to close.
        if (
            self.actor is not None
            and client is not None
            and client.connection is self
            and self._phase is not Phase.LEAVING
        ):
            self.actor.exits.let_go(client, Close.ERROR, why)
        else:
            self.close(Close.ERROR, why)

    def deafen(self) -> None:
        """Hear nothing any more of what the client says; it is still told things."""
        self.enter(Phase.LEAVING)

    def close(self, code: int, reason: str = "") -> None:
        """Close the socket; what the client still says is dropped."""
        if self.closed is not None:
            return
        self.closed = code
        self.enter(Phase.LEAVING)
        self._queue, self._queued_bytes, self.ready = [], 0, False
        self.outlet.close()
        cut = reason.encode()[:_MAX_REASON].decode("utf-8", "ignore")
        self.socket.close(int(code), cut)

    def _not_acknowledged(self) -> None:
        """Let a client go that was let in and does not take its state."""
        self._cancel_wait = None
        self.refuse(PeerError("no acknowledgement"))

    # What a frame does, by its opcode.

    def _charge(self, data: bytes) -> None:
        """Count a frame.

        Raises:
            LimitError: The client sends more than it may.
        """
        self._allowance.take(self._clock.seconds(), len(data))

    def _pass(self, data: bytes) -> None:
        """Count the frame and do nothing else: it means nothing here."""
        self._charge(data)

    def _break(self, data: bytes) -> None:
        raise PeerError(f"{Opcode(data[0] & 0x1F).name} before the join")

    def _pong(self, data: bytes) -> None:
        self._charge(data)
        self.socket.deliver(_PONG)

    def _acknowledge(self, data: bytes) -> None:
        assert self.actor is not None
        assert self.client is not None
        self.enter(Phase.JOINED)
        self.actor.rejoins.acknowledged(self.client)
        self.actor.receipts.begin(self.client, self)
        journal = self.actor.journal
        if journal is not None and self.client.receipt is not None:
            self.deliver(journal.saved_frame())
        self.actor.rhythm.welcome(self.client, self)

    def _leave(self, data: bytes) -> None:
        assert self.actor is not None
        assert self.client is not None
        self.actor.exits.let_go(self.client, Close.CONSENTED, "")

    def _hear(self, data: bytes) -> None:
        if data.startswith(_REPORT):
            self._note(data)
            return
        # As `_charge` does it.
        self._allowance.take(self._clock.seconds(), len(data))
        self.actor.dispatch.hear(self.client, self, data)  # type: ignore[union-attr, arg-type]  # there since ANNOUNCED; the hot path does not ask

    def _note(self, data: bytes) -> None:
        """Take what a client of ours tells it has applied, some times a second.

        It comes to the same as any message of ours, without asking who listens: nobody
        can. What a client has to say beside what its author says does not count for it.
        """
        assert self.client is not None
        if not self._reports.take(self._clock.seconds()):
            self._charge(data)
        payload = data[len(_REPORT) :]
        body = decode(payload) if payload else UNDEFINED
        hear_ours(self.client, self, APPLIED, body)


def _table(phase: Phase) -> list[Callable[[Connection, bytes], None]]:
    """Return what each opcode does in a phase, as the table of phases says."""
    known = {opcode for _, opcode in NEXT}
    acts: list[Callable[[Connection, bytes], None]] = [Connection._pass] * 32
    for opcode in known:
        then = NEXT.get((phase, opcode))
        if then is None:
            acts[opcode] = Connection._break
        elif phase is not Phase.LEAVING:
            acts[opcode] = _DOES[opcode]
    if phase is Phase.JOINED:
        acts[Opcode.JOIN_ROOM] = Connection._pass
    return acts


_DOES: Final[dict[Opcode, Callable[[Connection, bytes], None]]] = {
    Opcode.JOIN_ROOM: Connection._acknowledge,
    Opcode.LEAVE_ROOM: Connection._leave,
    Opcode.PING: Connection._pong,
    Opcode.ROOM_DATA: Connection._hear,
    Opcode.ROOM_DATA_BYTES: Connection._hear,
    Opcode.ROOM_REQUEST: Connection._hear,
}

#: By phase, what each opcode does.
_ACTS: Final = {phase: _table(phase) for phase in Phase}
