"""Codes: four characters that a host reads out and players type in."""

from __future__ import annotations

from collections import deque
from random import Random
from typing import Final

from nexus.errors import Code, Refused

__all__ = ["ALPHABET", "LENGTH", "Codes", "read_code"]

#: What a code is made of. Of characters that look alike one is in it at most: neither
#: 0 O Q nor 1 I L, but D, 2 for Z, 3 for E, 4 for A, 5 for S, 6 for G, 8 for B, and V
#: for U. So there are no vowels either, and no words that somebody would rather not
#: read out.
ALPHABET: Final = "23456789CDFHJKMNPRTVWXY"

#: A fifth character is never added: a code has always the same look, and a room's id,
#: which has 9 characters, is never taken for one.
LENGTH: Final = 4

_COUNT: Final = len(ALPHABET) ** LENGTH

#: What somebody typed who took one character for another; nothing is like 1 I L.
_MEANT: Final = str.maketrans("0OQZEASGBU", "DDD234568V")
#: What people put between characters.
_BETWEEN: Final = str.maketrans("", "", " -.\t\r\n")
#: More than anybody types for four characters.
_TYPED: Final = 32


def read_code(text: str) -> str:
    """Return the code that somebody meant who typed this.

    Case, spaces and dashes do not matter, and characters that look like one of a code
    are taken for it.

    Raises:
        Refused: No code looks like this.
    """
    if len(text) <= _TYPED and text.isascii():
        code = text.translate(_BETWEEN).upper().translate(_MEANT)
        if len(code) == LENGTH and not set(code).difference(ALPHABET):
            return code
    raise Refused(f"a room's code is {LENGTH} characters like K7WD", Code.NO_ROOM)


class Codes:
    """The codes of the Rooms that are open.

    Codes are drawn by chance, so that none can be guessed from others; that holds if
    the chance does, so serve with `random.SystemRandom`.

    A code that was freed rests for a while: whoever types the code of a Room that has
    just closed is to find nothing, and not the Room of strangers.

    Args:
        random: Where chance comes from.
        most: How many codes there may be at once; beyond half of all, drawing one that
            is free would take long and guessing one that is not would not.
        rest: How many of the latest freed codes are not drawn.
    """

    def __init__(
        self, random: Random, *, most: int = 100_000, rest: int = 1_000
    ) -> None:
        if most < 1 or rest < 0 or most + rest > _COUNT // 2:
            raise ValueError(
                f"of {_COUNT} codes half can be in use, not {most} and {rest} at rest"
            )
        self._random = random
        self._most = most
        self._rest = rest
        self._live: set[str] = set()
        self._resting: deque[str] = deque()
        self._tired: set[str] = set()

    def __contains__(self, code: str) -> bool:
        """Say whether a Room has this code."""
        return code in self._live

    def __len__(self) -> int:
        """Return how many Rooms have a code."""
        return len(self._live)

    def take(self) -> str:
        """Return a code that no other Room has.

        Raises:
            Refused: So many are in use that no more are given.
        """
        if len(self._live) >= self._most:
            raise Refused(f"all {self._most} room codes are in use", Code.LIMIT)
        while True:
            # At most half are taken, so two draws do on average.
            code = "".join(self._random.choices(ALPHABET, k=LENGTH))
            if code not in self._live and code not in self._tired:
                self._live.add(code)
                return code

    def claim(self, code: str) -> None:
        """Let a Room have the code again that it had before.

        Raises:
            ValueError: Another Room has it.
        """
        if code in self._live:
            raise ValueError(f"there is a room with the code {code} already")
        self._live.add(code)

    def free(self, code: str) -> None:
        """Give a code back; it is drawn again after some others.

        Raises:
            KeyError: No Room has it.
        """
        self._live.remove(code)
        self._resting.append(code)
        self._tired.add(code)
        if len(self._resting) > self._rest:
            self._tired.remove(self._resting.popleft())
