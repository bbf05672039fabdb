"""The seat that a Node promised, as its answer to a wish tells of it."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from attrs import frozen

from nexus.client.error import JoinError
from nexus.client.port import Answer
from nexus.errors import Close

__all__ = ["Seat", "promised_seat", "read_seat"]

#: What ids are made of.
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,256}")

#: A host, maybe with a port and a path.
_ADDRESS: Final = re.compile(r"[A-Za-z0-9_.:\[\]/~%-]{1,1024}")

#: How much of a sentence that comes from a server is believed to be one.
_MAX_TEXT: Final = 1_000


@frozen
class Seat:
    """A place in a Room.

    Attributes:
        name: The kind of the Room.
        address: Where the Room is to be found, if elsewhere than the Node.
    """

    name: str
    room_id: str
    session_id: str
    process_id: str
    address: str | None = None


def read_seat(answer: Answer) -> Seat:
    """Read the answer to a wish.

    Raises:
        JoinError: It was denied, or this is no answer of a Node.
    """
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        said = None
    if answer.status != 200:
        raise _denial(answer.status, said)
    return promised_seat(said)


def promised_seat(said: Any) -> Seat:
    """Read the seat that a Node promised.

    Raises:
        JoinError: There is none in it.
    """
    if not isinstance(said, dict):
        raise JoinError(Close.ERROR, "the answer is no JSON object: is it a Nexus node")
    name, address = said.get("name"), said.get("publicAddress")
    if not isinstance(name, str):
        raise JoinError(Close.ERROR, "the answer names no kind of room")
    if address is not None:
        address = _matching(_ADDRESS, said, "publicAddress")
    room_id, session_id, process_id = (
        _matching(_ID, said, key) for key in ("roomId", "sessionId", "processId")
    )
    return Seat(name, room_id, session_id, process_id, address)


def _denial(status: int, said: Any) -> JoinError:
    text = said.get("error") if isinstance(said, dict) else None
    if not isinstance(text, str):
        text = f"the answer is status {status}"
    code = said.get("code") if isinstance(said, dict) else None
    if not isinstance(code, int) or isinstance(code, bool):
        code = status
    return JoinError(code, text[:_MAX_TEXT])


def _matching(pattern: re.Pattern[str], said: dict[str, Any], key: str) -> str:
    value = said.get(key)
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise JoinError(Close.ERROR, f"the answer has no {key} that could be one")
    return value
