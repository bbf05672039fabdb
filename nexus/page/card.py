"""What the pages for developers are told of kinds and Rooms, as JSON holds it."""

from __future__ import annotations

import inspect
from typing import Any, Final

from nexus.match import Kind
from nexus.page.describe import describe
from nexus.room import RoomActor
from nexus.room.face import heard_by, state_of
from nexus.room.message.message import ANY, Listener, payload_hint
from nexus.state import Outline, State
from nexus.state.field import Field
from nexus.state.rule import Lane

__all__ = ["kind_card", "room_card"]

#: How the type of what a container holds is written.
_SHAPES: Final = {"map": "Map[str, {}]", "list": "List[{}]", "set": "Set[{}]"}


def kind_card(kind: Kind) -> dict[str, Any]:
    """Say what a kind is, and what its Rooms listen for."""
    room = kind.room
    heard = heard_by(room)
    state = state_of(room)
    return {
        "name": kind.name,
        "room": room.__name__,
        "about": _first_line(room),
        "maxClients": room.max_clients,
        "patchInterval": room.patch_interval,
        "listed": kind.listed,
        "codes": kind.codes,
        "options": [
            name
            for name in dict.fromkeys((*kind.filter_by, *kind.unique_by))
            if name not in kind.options
        ],
        "messages": [_message_card(each) for each in heard if each.type != ANY],
        "rest": any(each.type == ANY for each in heard),
        "state": None if state is None else _state_card(state),
    }


def room_card(actor: RoomActor, now: float) -> dict[str, Any]:
    """Say what others than its clients may know of a Room."""
    return {
        "id": actor.room_id,
        "code": actor.code,
        "kind": actor.kind,
        "clients": len(actor.seats),
        "maxClients": actor.room.max_clients,
        "locked": actor.is_locked,
        "age": round(max(0.0, now - actor.created_at), 1),
    }


def _first_line(cls: type[Any]) -> str:
    """Return the first line of what a class says of itself, not of what it extends."""
    return inspect.cleandoc(cls.__dict__.get("__doc__") or "").partition("\n")[0]


def _message_card(heard: Listener) -> dict[str, Any]:
    card: dict[str, Any] = {"type": heard.type, "raw": heard.raw, "shape": "bytes"}
    if heard.raw:
        return card
    if heard.takes < 2:
        return card | {"shape": "nothing"}
    found = describe(payload_hint(heard))
    card["shape"] = found.text
    return card | {"sample": found.sample} if found.has_sample else card


def _state_card(root: type[State]) -> dict[str, Any]:
    classes = {
        cls.__name__: [
            _field_card(each)
            for each in cls.__layout__.fields
            if not each.said.server_only
        ]
        for cls in Outline(root).classes
    }
    return {"root": root.__name__, "classes": classes}


def _field_card(field: Field) -> dict[str, Any]:
    held = field.state.__name__ if field.state is not None else ""
    name = held or (field.kind.name if field.kind is not None else "")
    written = _SHAPES.get(field.shape, "{}").format(name)
    return {
        "name": field.name,
        "shape": field.shape,
        "type": f"{written} | None" if field.optional else written,
        "holds": held,
        "limited": field.lane != Lane.SHARED,
    }
