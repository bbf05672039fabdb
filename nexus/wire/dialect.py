"""Dialect: what the versions of Colyseus' protocol write differently.

No client says which version it speaks; a node is told by the path that the client was
given as its endpoint.
"""

from __future__ import annotations

from typing import Final

from attrs import frozen

from nexus.errors import Code
from nexus.wire.colyseus.mapping import Major

__all__ = ["CURRENT", "DIALECTS", "Dialect"]

#: What 0.16 adds to the codes from 520 to 526.
_OLD_CODES: Final = 4210 - 520


@frozen
class Dialect:
    """One version of the protocol.

    Attributes:
        name: The version.
        major: The major of `@colyseus/schema` that its SDK decodes with.
        sections: Whether JOIN_ROOM tells how long the handshake is.
        nested: Whether a seat is answered as a room with a session beside it, and an
            error with status 200.
    """

    name: str
    major: Major
    sections: bool
    nested: bool

    def code(self, code: int) -> int:
        """Return a code as the SDK of this version knows it."""
        if self.nested and Code.NO_KIND <= code <= Code.APPLICATION:
            return code + _OLD_CODES
        return code


CURRENT: Final = Dialect("0.18", 5, sections=True, nested=False)

#: By the word in the endpoint's path or query.
DIALECTS: Final = {
    "16": Dialect("0.16", 3, sections=False, nested=True),
    "17": Dialect("0.17", 4, sections=False, nested=False),
    "18": CURRENT,
}
