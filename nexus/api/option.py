"""Join options: JSON from anybody, of which only what every room can carry is taken."""

from __future__ import annotations

import json
from typing import Any, Final

__all__ = ["read_options"]

#: How deep options may be; those that are less deep can be written, compared and kept
#: by whoever gets them.
_DEPTH: Final = 32

#: How many digits a whole number may have: those of 64 bits, and a sign.
_DIGITS: Final = 20
#: Which whole numbers can be kept and sent.
_LOWEST: Final = -(1 << 63)
_HIGHEST: Final = (1 << 64) - 1


def read_options(body: bytes) -> dict[str, Any]:
    """Read join options.

    Raises:
        ValueError: They are no JSON object, too deep, or hold what not all can read:
            NaN, numbers that are too large, or halves of characters.
        RecursionError: They are deeper than anybody reads.
    """
    options = _DECODER.decode(body.decode("utf-8-sig"))
    # No other object is taken for one, but SDKs in PHP write an empty one like this.
    if options == []:
        return {}
    if not isinstance(options, dict):
        raise ValueError("not an object")
    if body.count(b"{") + body.count(b"[") > _DEPTH:
        _check_depth(options)
    if b"\\u" in body:
        # Halves of characters can be escaped; nothing that we send could carry one.
        json.dumps(options, ensure_ascii=False).encode()
    return options


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if number - number != 0:
        raise ValueError("a number that is too large")
    return number


def _whole(digits: str) -> int:
    if len(digits) > _DIGITS:
        raise ValueError("a number that is too large")
    number = int(digits)
    if not _LOWEST <= number <= _HIGHEST:
        raise ValueError("a number that is too large")
    return number


_DECODER: Final = json.JSONDecoder(
    parse_constant=_refuse, parse_float=_finite, parse_int=_whole
)


def _check_depth(options: dict[str, Any]) -> None:
    """Check that there is not too much within each other.

    Raises:
        ValueError: There is.
    """
    level: list[Any] = [options]
    for _ in range(_DEPTH):
        level = [
            inner
            for each in level
            for inner in (each.values() if isinstance(each, dict) else each)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise ValueError("too deep")
