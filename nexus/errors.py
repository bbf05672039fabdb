"""What can go wrong, by whose fault.

NexusError
├── PeerError          the bytes are wrong, whoever sent or stored them
│   ├── LimitError     they are right, but more than one peer may send
│   ├── OutlineError   they are right, but speak of another Outline than ours
│   ├── PayloadError   a message that is not what its listener takes
│   └── DamagedJournal what is stored of a Room is not what was stored
├── Refused            a valid wish that is denied
│   ├── Rejected       a request that is answered with a reason of the author's own
│   ├── JoinError      a client was not let in, as the client sees it
│   ├── NotReturned    a client that was waited for did not come back
│   ├── OutboxFull     a client has no place for more that waits to be sent
│   ├── Overtaken      a Room has changed since it was looked at
│   ├── RoomFull       a Room has no Seat left
│   ├── SeatExpired    a Seat was claimed, or given up, before
│   └── Unwelcome      an upgrade that is answered with a status of one's own choice
├── StateError         our own code used a State wrongly
│   ├── FieldError     a value that a field does not take, or a field that cannot be
│   └── PlaceError     a State at two places, in a circle, or in somebody else's tree
├── StoreError         a database could not do what it was asked
│   ├── Conflict       what was to be written stands against what is there
│   │   ├── Contended  others were in the way, and another try may pass
│   │   ├── Gap        what was written before is not there
│   │   └── TakenOver  somebody else writes a world by now
│   ├── Damaged        what is stored cannot be read
│   ├── DatabaseAway   it does not answer; nobody knows whether it was done
│   ├── DatabaseFull   it has no place for more
│   └── NewerDatabase  a newer Nexus made it
├── NotJoined          a Guest in a test cannot do this: it is in no Room
├── RequestError       a request failed, as the client sees it
├── SleepEnded         a Room ended before what slept by its clock woke
│   └── ChoreCancelled a chore was cancelled, or its Room has ended
├── TooLarge           what is kept of a Room takes more place than it may
└── WrongKindError     a key that Nodes share holds another kind of content

Anything else that is raised is a bug of ours and stays a plain `ValueError`, `KeyError`
or assertion.
"""

from __future__ import annotations

from enum import IntEnum, unique

__all__ = [
    "Close",
    "Code",
    "FieldError",
    "LimitError",
    "NexusError",
    "OutlineError",
    "PeerError",
    "PlaceError",
    "Refused",
    "Rejected",
    "StateError",
]


@unique
class Code(IntEnum):
    """Why a wish was denied, as Colyseus' clients know it."""

    #: No kind of room has this name, or no such way into a room.
    NO_KIND = 520
    #: No room fits what was asked for.
    NO_MATCH = 521
    #: There is no room with this id, or it takes nobody in.
    NO_ROOM = 522
    #: Anything else that went wrong on the way to a seat.
    UNHANDLED = 523
    #: The seat, or the token to come back with, is used up or out of date.
    EXPIRED = 524
    #: The room does not want this client.
    AUTH_FAILED = 525
    #: The author's own code refused, or failed.
    APPLICATION = 526
    #: A message that nobody listens to, or one with a wrong payload.
    INVALID_MESSAGE = 4217
    #: More than this node, this room or this client may have.
    LIMIT = 429
    #: The node is going down.
    STOPPING = 503


@unique
class Close(IntEnum):
    """Why a socket was closed; what is 4000 or more is said by us."""

    NORMAL = 1000
    GOING_AWAY = 1001
    NO_STATUS = 1005
    ABNORMAL = 1006
    TOO_BIG = 1009
    #: The client left, or was told to.
    CONSENTED = 4000
    SHUTDOWN = 4001
    ERROR = 4002
    #: The client was not let back in.
    NOT_REJOINED = 4003
    #: The client may come back at once: SDKs do so by themselves.
    MAY_REJOIN = 4010
    #: The same client came by another socket.
    REPLACED = 4011


class NexusError(Exception):
    """The root of all errors that Nexus raises on purpose."""


class PeerError(NexusError):
    """The peer broke the protocol; a Replica that raises it needs a snapshot."""


class LimitError(PeerError):
    """The peer sent more of something than one may.

    Args:
        reason: What the peer reads.
        limit: The name of the limit, as in `nexus.limit.Limits`.
    """

    def __init__(self, reason: str, limit: str) -> None:
        super().__init__(reason)
        self.limit = limit


class OutlineError(PeerError):
    """The bytes were written for another Outline: fetch the Outline again."""


class Refused(NexusError):
    """A valid wish that is denied; the peer is told the sentence and the code.

    Args:
        reason: What the peer reads.
        code: A number for programs: one of `Code`, or the author's own.
    """

    def __init__(self, reason: str, code: int = Code.APPLICATION) -> None:
        super().__init__(reason)
        self.code = int(code)


class Rejected(Refused):
    """A request that is answered with a reason: any value that a message may carry."""

    def __init__(self, reason: object = None) -> None:
        super().__init__(str(reason))
        self.reason = reason


class StateError(NexusError):
    """A State was used in a way that it does not allow; nothing was changed."""


class FieldError(StateError, ValueError):
    """A value that a named field does not take, or a field that cannot be."""


class PlaceError(StateError, ValueError):
    """A State can live at one place of one tree only."""
