"""The kinds of numbers: whole, floating, quantized, and JavaScript's."""

from __future__ import annotations

from array import array
from enum import Enum
from math import floor, fmod
from operator import index
from typing import Any

from typing_extensions import override

from nexus.state.kind import Kind, shorten

__all__ = ["Float", "Integer", "Number", "Quantized"]

#: The largest number that a float32 holds.
MAX_FLOAT32 = 3.4028234663852886e38
#: The largest int that Python keeps in one digit.
_SMALL = (1 << 30) - 1
#: One float32: writing and reading it rounds.
_CELL = array("f", [0.0])
#: Between these, of either sign, `_ROUND` rounds; below, a float32 has fewer digits.
_TINY, _HUGE = 1.2e-38, 3e38
#: Rounds to the 24 digits of a float32, half to even, and quicker than a cell does.
#: `wide` is 2**29 times the value, so its last digit weighs what the last one of the
#: float32 does: the difference, of the same size, is rounded to that, and taken off
#: `wide`, without a further rounding, it leaves the float32.
_ROUND = "value = (wide := value * 536870912.0) - (wide - value)"


class Integer(Kind):
    """A whole number of 8, 16, 32 or 64 bits."""

    zero = 0

    def __init__(self, bits: int, *, signed: bool) -> None:
        self.bits = bits
        self.signed = signed
        self.low = -(1 << (bits - 1)) if signed else 0
        self.high = (1 << (bits - signed)) - 1
        self.name = f"{'' if signed else 'u'}int{bits}"
        letter = {8: "b", 16: "h", 32: "i", 64: "q"}[bits]
        self.width = letter if signed else letter.upper()

    @override
    def guard(self) -> str:
        # Python compares small ints twice as fast; the few others take the long way.
        low, high = max(self.low, -_SMALL), min(self.high, _SMALL)
        return f"type(value) is not int or value < {low} or value > {high}"

    @override
    def form(self) -> tuple[Any, ...]:
        # C counts in 64 bits with a sign; the few numbers above take the long way.
        return ("int", self.low, min(self.high, (1 << 63) - 1))

    @override
    def check(self, value: Any) -> int:
        if isinstance(value, bool | Enum):
            raise TypeError(f"{shorten(value)} is no {self.name}")
        try:
            number = index(value)
        except TypeError:
            advice = "; use int() or round()" if isinstance(value, float) else ""
            raise TypeError(f"{shorten(value)} is no {self.name}{advice}") from None
        if not self.low <= number <= self.high:
            raise ValueError(
                f"{shorten(number)} is not within {self.low}..{self.high} ({self.name})"
            )
        return number


def _float(value: Any, name: str) -> float:
    """Return an int or float (numpy's too) as a float."""
    # What JavaScript sends of a whole number is an int.
    if type(value) is not int:
        number = hasattr(value, "__float__") or hasattr(value, "__index__")
        if not number or isinstance(value, bool | Enum):
            raise TypeError(f"{shorten(value)} is no {name}")
    try:
        return float(value)
    except OverflowError:
        raise ValueError(f"{shorten(value)} is too large for {name}") from None
    except (TypeError, ValueError):
        raise TypeError(f"{shorten(value)} is no {name}") from None


class Float(Kind):
    """A floating point number of 32 or 64 bits; 32 bits are rounded to when written."""

    zero = 0.0

    def __init__(self, bits: int, *, special: bool = False) -> None:
        self.bits = bits
        #: Whether NaN and the infinities may be written.
        self.special = special
        self.name = f"float{bits}"
        self.width = "f" if bits == 32 else "d"

    @override
    def guard(self) -> str:
        if self.special and self.bits == 64:
            return "type(value) is not float"
        # Written so, and not as a chain, each comparison is one that Python has a quick
        # way for; they are false for NaN as well.
        if self.bits == 64:
            high = "1.7976931348623157e308"
            inside = f"value <= {high} and value >= -{high}"
        else:
            inside = (
                f"value >= {_TINY} and value <= {_HUGE}"
                f" or value <= -{_TINY} and value >= -{_HUGE} or value == 0.0"
            )
        return f"type(value) is not float or not ({inside})"

    @override
    def form(self) -> tuple[Any, ...]:
        return ("any",) if self.special else (self.name,)

    @override
    def lines(self) -> list[str]:
        head = super().lines()
        return head if self.bits == 64 else [*head, f"else: {_ROUND}"]

    @override
    def check(self, value: Any) -> float:
        number = _float(value, self.name)
        finite = number - number == 0.0
        if not finite and not self.special:
            raise ValueError(
                f"{number} is not allowed; declare the field with special=True"
            )
        if self.bits == 64:
            return number
        _CELL[0] = number
        rounded = _CELL[0]
        if finite and rounded - rounded != 0.0:
            raise ValueError(f"{number} is too large for float32")
        return rounded


class Quantized(Kind):
    """A number between two ends, carried as a whole number of 8, 16 or 32 bits.

    Args:
        low: The lowest value.
        high: The highest value.
        bits: How many bits it takes on the wire: 8, 16 or 32.
        beyond: What happens to a value outside: "raise", "clamp" to the nearer end,
            or "wrap" around like an angle (then `high` itself is `low`).
    """

    name = "quantized"

    def __init__(
        self, low: float, high: float, bits: int = 16, *, beyond: str = "raise"
    ) -> None:
        low, high = float(low), float(high)
        if bits not in (8, 16, 32):
            raise ValueError(f"a quantized field has 8, 16 or 32 bits, not {bits}")
        if beyond not in ("raise", "clamp", "wrap"):
            raise ValueError(f'beyond is "raise", "clamp" or "wrap", not {beyond!r}')
        if not 1e-290 < high - low <= 1.7976931348623157e308:
            raise ValueError(f"quantized from {low} to {high} has no steps")
        self.low = low
        self.high = high
        self.bits = bits
        self.beyond = beyond
        # Around zero one step is given up so that 0 itself is exact.
        lost = 0 if beyond == "wrap" else 2 if low == -high else 1
        #: How many steps lie between the ends.
        self.steps = (1 << bits) - lost
        self._factor = self.steps / (high - low)
        self.width = {8: "B", 16: "H", 32: "I"}[bits]
        # The last step may come out above `high` by a rounding.
        self._top = max(high, self.value(self.steps))
        self.zero = self.value(self.raw(min(max(0.0, low), high)))

    @override
    def guard(self) -> str:
        # As in Float: no chain, and true for NaN.
        return (
            f"type(value) is not float or value < {self.low!r} "
            f"or not value < {self.high!r}"
        )

    @override
    def form(self) -> tuple[Any, ...]:
        ends = (self.low, self.high)
        return (self.name, *ends, self._factor, self.steps, self.beyond == "wrap")

    @override
    def lines(self) -> list[str]:
        # Spelled out with constants, which saves a call.
        off = f"value - {self.low!r}" if self.low else "value"
        # What `int` would do, but quicker.
        if self.beyond == "wrap":
            share = f"({off}) / {self.high - self.low!r} * {self.steps}"
            whole = f"floor({share} + 0.5) % {self.steps}"
        else:
            whole = f"floor(({off}) * {self._factor!r} + 0.5)"
        back = f"{whole} / {self.steps} * {self.high - self.low!r}"
        if self.low:
            back = f"{self.low!r} + {back}"
        return [*super().lines(), f"else: value = {back}"]

    @override
    def names(self) -> dict[str, Any]:
        return {"floor": floor}

    @override
    def check(self, value: Any) -> float:
        number = _float(value, "quantized number")
        if number - number != 0.0:
            raise ValueError(f"{number} is not allowed in a quantized field")
        if not self.low <= number <= self._top:
            if self.beyond == "raise":
                raise ValueError(
                    f"{number} is not within {self.low}..{self.high} (quantized)"
                )
            if self.beyond == "clamp":
                number = self.low if number < self.low else self.high
        return self.value(self.raw(number))

    @override
    def raw(self, value: float) -> int:
        span = self.high - self.low
        if self.beyond == "wrap":
            rest = fmod(value - self.low, span)
            if rest < 0:
                rest += span
            return int(rest / span * self.steps + 0.5) % self.steps
        return int((value - self.low) * self._factor + 0.5)

    @override
    def spell(self, value: str, name: str, names: dict[str, Any]) -> str:
        # As `raw` does with what is not below `low`, but in a fifth of the time.
        names["floor"] = floor
        off = f"({value} - {self.low!r})" if self.low else value
        if self.beyond != "wrap":
            return f"floor({off} * {self._factor!r} + 0.5)"
        names["fmod"] = fmod
        span = self.high - self.low
        share = f"fmod({off}, {span!r}) / {span!r}"
        return f"floor({share} * {self.steps} + 0.5) % {self.steps}"

    @override
    def value(self, raw: int) -> float:
        return self.low + raw / self.steps * (self.high - self.low)

    @override
    def describe(self) -> list[Any]:
        return [self.name, self.low, self.high, self.bits, int(self.beyond == "wrap")]


class Number(Kind):
    """An int or a float, whichever is written: JavaScript's number.

    Whole numbers beyond 2**53 are refused, since JavaScript would change them.
    """

    name = "number"
    zero = 0

    @override
    def guard(self) -> str:
        # A float that is NaN or infinite is not 0 away from itself.
        return (
            "(type(value) is not float or value - value != 0.0) and "
            f"(type(value) is not int or value < {-_SMALL} or value > {_SMALL})"
        )

    @override
    def form(self) -> tuple[Any, ...]:
        return (self.name,)

    @override
    def check(self, value: Any) -> int | float:
        if isinstance(value, bool | Enum):
            raise TypeError(f"{shorten(value)} is no number")
        try:
            whole = index(value)
        except TypeError:
            number = _float(value, "number")
            if number - number != 0.0:
                raise ValueError(f"{number} is not allowed in a number") from None
            return number
        if abs(whole) > 1 << 53:
            raise ValueError(f"{shorten(whole)} is beyond 2**53 (number)")
        return whole
