"""Credible: whether what a file says of a Room is what Nexus would write of one.

A Room that says something else could never wake, or would let in whom it should not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any, Final

from nexus.archive.port import Card
from nexus.errors import PeerError
from nexus.journal.kept import Kept
from nexus.journal.member import KeptMember
from nexus.journal.record import MAX_VERSION, Timer
from nexus.journal.value import write_value
from nexus.room.ident import fits_path
from nexus.room.seat.token import SECRET
from nexus.wire.codec import unpack

__all__ = ["check_credible"]

#: How long what matchmaking knows of a Room may be, and its key, in bytes.
_MOST: Final = 1 << 17

#: No clock takes more.
_MOST_TIMERS: Final = 10_000

#: Clocks count nanoseconds.
_SHORTEST: Final = 1e-9

_SERIALIZERS: Final = (None, "schema", "nexus")


def _is_flag(value: object) -> bool:
    return value is None or value in (False, True)


def _is_text(value: object) -> bool:
    return value is None or isinstance(value, str)


def _is_dict(value: object) -> bool:
    return value is None or isinstance(value, dict)


def _is_count(value: object) -> bool:
    if value is None:
        return True
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


#: What a card says, in a record and in the attributes, and what that may be.
_FIELDS: Final[Mapping[str, Callable[[Any], bool]]] = {
    "kind": _is_text,
    "code": _is_text,
    "seed": _is_count,
    "locked": _is_flag,
    "private": _is_flag,
    "unlisted": _is_flag,
    "metadata": _is_dict,
    "filters": _is_dict,
    "max_clients": _is_count,
    "outline": lambda value: value is None or isinstance(value, bytes),
}


def check_credible(card: Card, kept: Kept) -> None:
    """Check what a file says of a Room, but for its State.

    Raises:
        PeerError: That cannot be; the text says what.
    """
    _check_fields(card.attributes)
    _check_fields(kept.card)
    if card.key is not None and len(card.key) > _MOST:
        raise PeerError(f"its key has {len(card.key)} characters, of {_MOST} allowed")
    for member in kept.members.values():
        _check_member(member)
    if len(kept.timers) > _MOST_TIMERS:
        raise PeerError(f"it has {len(kept.timers)} timers, of {_MOST_TIMERS} allowed")
    for timer in kept.timers:
        _check_timer(timer)


def _check_fields(fields: Mapping[str, Any]) -> None:
    for name, value in fields.items():
        if name not in _FIELDS:
            raise PeerError(f"no room has {name[:64]!a}")
        if not _FIELDS[name](value):
            raise PeerError(f"its {name} cannot be one: {type(value).__name__}")
    size = len(write_value(dict(fields)))
    if size > _MOST:
        raise PeerError(f"its card has {size} bytes, of {_MOST} allowed")


def _check_member(member: KeptMember) -> None:
    if not fits_path(member.session_id):
        raise PeerError("a member of it has a session that cannot be")
    if len(member.secret or b"") != SECRET:
        raise PeerError("a member of it has no secret: anybody could come in its place")
    for number in (member.counter or 0, member.last or 0):
        if not 0 <= number <= MAX_VERSION:
            raise PeerError("a member of it has a number that cannot be")
    if member.serializer not in _SERIALIZERS or not _is_dict(member.options):
        raise PeerError("a member of it joined in a way that cannot be")


def _check_timer(timer: Timer) -> None:
    is_time = isfinite(timer.deadline) and isfinite(timer.period)
    is_pause = timer.period == 0 or timer.period >= _SHORTEST
    if not is_time or not is_pause or not isinstance(unpack(timer.arguments), list):
        raise PeerError("a timer of it cannot be")
