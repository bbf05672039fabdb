"""Ids: of rooms, sessions and nodes, and the tokens that nobody may guess."""

from __future__ import annotations

import re
from random import Random
from string import ascii_letters, digits
from typing import Final

__all__ = ["ID_LENGTH", "fits_path", "make_id", "make_token"]

#: What Colyseus' SDKs and paths take; 64 letters, so each is six bits.
_LETTERS: Final = f"{ascii_letters}{digits}_-"

#: What may stand in a path, and before the colon of a token.
_PATH: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")

#: As long as Colyseus' ids: 54 bits.
ID_LENGTH: Final = 9

#: A token may be guessed at for as long as its room lives: 132 bits.
_TOKEN_LENGTH: Final = 22


def fits_path(ident: str) -> bool:
    """Say whether an id of the author's choice can stand in a path."""
    return _PATH.fullmatch(ident) is not None


def make_id(random: Random) -> str:
    """Return an id; there are so many that no two are ever the same."""
    return _letters(random, ID_LENGTH)


def make_token(random: Random) -> str:
    """Return a token that lets one client back in, once."""
    return _letters(random, _TOKEN_LENGTH)


def _letters(random: Random, length: int) -> str:
    bits = random.getrandbits(6 * length)
    return "".join(_LETTERS[bits >> 6 * place & 63] for place in range(length))
