"""Ids: of rooms, sessions and nodes."""

from __future__ import annotations

import re
from random import Random
from string import ascii_letters, digits
from typing import Final

__all__ = ["ID_LENGTH", "fits_path", "make_id"]

#: What Colyseus' SDKs and paths take.
_LETTERS: Final = f"{ascii_letters}{digits}_-".encode()

#: A letter for each byte: as there are 64, each stands for four, and none is likelier.
_SPELLED: Final = _LETTERS * 4

#: What may stand in a path, and before the colon of a token.
_PATH: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")

#: As long as Colyseus' ids: 54 bits.
ID_LENGTH: Final = 9


def fits_path(ident: str) -> bool:
    """Say whether an id of the author's choice can stand in a path."""
    return _PATH.fullmatch(ident) is not None


def make_id(random: Random) -> str:
    """Return an id; there are so many that no two are ever the same."""
    return random.randbytes(ID_LENGTH).translate(_SPELLED).decode()
