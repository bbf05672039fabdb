"""Ops: what a byte says is done to a field or an entry, and how an object is named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from nexus.state.outline import Outline
from nexus.wire.colyseus.primitive import encode_number

__all__ = [
    "ADD",
    "CLEAR",
    "DELETE",
    "DELETE_AND_ADD",
    "REPLACE",
    "reference",
    "switch",
]

#: In a visit to an instance the six bits below hold the field's index; in one to a
#: container they are zero, and the index follows.
REPLACE: Final = 0x00
DELETE: Final = 0x40
ADD: Final = 0x80
#: A reference that was there is released, which ADD over it would forget.
DELETE_AND_ADD: Final = 0xC0
#: All entries of a container go.
CLEAR: Final = 0x0A

#: What follows a reference whose class is not the declared one.
_TYPE: Final = b"\xd5"
#: Another object is visited from here on.
_SWITCH: Final = b"\xff"


def switch(id_: int) -> bytes:
    """Return what begins a visit to an object."""
    return _SWITCH + encode_number(id_)


def reference(outline: Outline, declared: type[Any]) -> Callable[[Any], bytes]:
    """Return what writes references where States of a declared class stand."""
    types = {
        cls: b"" if cls is declared else _TYPE + encode_number(number)
        for cls, number in outline.numbers.items()
        if issubclass(cls, declared)
    }
    return lambda state: encode_number(state._id) + types[type(state)]
