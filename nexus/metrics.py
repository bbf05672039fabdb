"""Metrics: what a Node counts, as plain values, and as the text Prometheus reads.

    metrics = Metrics()
    closed = metrics.counter("nexus_closed_total", "Sockets closed.", ("reason",))
    closed.labels("slow").inc()

A label has as many values as code names, never what peers send: beyond a bound all the
others are counted together, as `other`.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from math import inf, isfinite, isnan, nan
from typing import Any, Final, Generic, TypeVar, overload

__all__ = ["Counter", "Family", "Gauge", "Histogram", "Metrics"]

_NAME: Final = re.compile(r"nexus_[a-z0-9_]*[a-z0-9]")
_LABEL: Final = re.compile(r"[a-z][a-z0-9_]*")
#: How many combinations of labels one metric may have, `other` not counted.
_MOST: Final = 100
_OTHER: Final = "other"


class Counter:
    """A number that only goes up."""

    __slots__ = ("value",)

    kind: Final = "counter"

    def __init__(self) -> None:
        self.value: float = 0

    def inc(self, n: float = 1) -> None:
        """Add to it.

        Raises:
            ValueError: Less than nothing.
        """
        # A comparison is false for NaN as well.
        if not n >= 0:
            raise ValueError(f"a counter goes up, not by {n}")
        self.value += n

    def samples(self) -> Iterator[tuple[str, str, float]]:
        """Return what is rendered: an ending of the name, a label, and a number."""
        yield "", "", self.value


class Gauge:
    """A number that goes up and down, or that is asked for when it is rendered.

    Args:
        ask: Returns the number; then nothing else sets it.
    """

    __slots__ = ("_ask", "_value")

    kind: Final = "gauge"

    def __init__(self, ask: Callable[[], float] | None = None) -> None:
        self._ask = ask
        self._value: float = 0

    @property
    def value(self) -> float:
        """The number, asked for if there is somebody to ask."""
        return self._value if self._ask is None else self._ask()

    def set(self, value: float) -> None:
        """Say what it is.

        Raises:
            ValueError: It is asked for.
        """
        if self._ask is not None:
            raise ValueError("a gauge that is asked for cannot be set")
        self._value = value

    def inc(self, n: float = 1) -> None:
        """Add to it."""
        self.set(self._value + n)

    def dec(self, n: float = 1) -> None:
        """Take from it."""
        self.set(self._value - n)

    def samples(self) -> Iterator[tuple[str, str, float]]:
        """Return what is rendered: an ending of the name, a label, and a number."""
        try:
            value = float(self.value)
        except Exception:  # noqa: BLE001  # one fault is not to hide all the others
            value = nan
        yield "", "", value


class Histogram:
    """How many observed numbers were at most so large, for some bounds.

    Args:
        bounds: The bounds, rising; infinity comes of itself.
    """

    __slots__ = ("_bounds", "_counts", "sum")

    kind: Final = "histogram"

    def __init__(self, bounds: Sequence[float]) -> None:
        rising = all(low < high for low, high in pairwise(bounds))
        if not bounds or not rising or not -inf < bounds[0] <= bounds[-1] < inf:
            raise ValueError(f"bounds rise and are finite, unlike {list(bounds)}")
        self._bounds = tuple(bounds)
        self._counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    @property
    def count(self) -> int:
        """How many numbers were observed."""
        return sum(self._counts)

    def observe(self, value: float) -> None:
        """Count a number.

        Raises:
            ValueError: NaN, which is in no bounds and would spoil the sum.
        """
        if isnan(value):
            raise ValueError("NaN cannot be observed")
        # The first bound that is not below it.
        self._counts[bisect_left(self._bounds, value)] += 1
        self.sum += value

    def samples(self) -> Iterator[tuple[str, str, float]]:
        """Return what is rendered: an ending of the name, a label, and a number."""
        total = 0
        for bound, count in zip((*self._bounds, inf), self._counts, strict=True):
            total += count
            yield "_bucket", f'le="{_number(bound)}"', total
        yield "_sum", "", self.sum
        yield "_count", "", total


_M = TypeVar("_M", bound=Counter | Gauge | Histogram)


class Family(Generic[_M]):
    """The metrics of one name, one for each combination of the labels' values."""

    def __init__(
        self,
        kind: str,
        text: str,
        names: tuple[str, ...],
        make: Callable[[], _M],
        *,
        bounds: tuple[float, ...] = (),
    ) -> None:
        self.kind = kind
        self.text = text
        self.names = names
        self.bounds = bounds
        self._make = make
        self._members: dict[tuple[str, ...], _M] = {}

    def labels(self, *values: str) -> _M:
        """Return the metric of these values; of `other` when there are too many.

        Raises:
            ValueError: Not one value a label.
        """
        member = self._members.get(values)
        if member is None:
            if len(values) != len(self.names):
                raise ValueError(f"one value for each of {self.names}, not {values}")
            if len(self._members) >= _MOST:
                values = (_OTHER,) * len(values)
            member = self._members.setdefault(values, self._make())
        return member

    def same(self, other: Family[Any]) -> bool:
        """Tell whether it is declared like another; the text does not matter."""
        return (self.kind, self.names, self.bounds) == (
            other.kind,
            other.names,
            other.bounds,
        )

    def lines(self, name: str) -> Iterator[str]:
        """Return the lines of Prometheus' text format."""
        text = self.text.replace("\\", "\\\\").replace("\n", "\\n")
        yield f"# HELP {name} {text}\n# TYPE {name} {self.kind}\n"
        for values, member in self._members.items():
            pairs = zip(self.names, values, strict=True)
            own = [f'{label}="{_escape(value)}"' for label, value in pairs]
            for ending, label, value in member.samples():
                inner = ",".join([*own, label] if label else own)
                labels = f"{{{inner}}}" if inner else ""
                yield f"{name}{ending}{labels} {_number(value)}\n"

    def entries(self) -> list[dict[str, Any]]:
        """Return the labels of each metric, and its numbers by their endings."""
        found = []
        for values, member in self._members.items():
            numbers: dict[str, float | None] = {}
            for ending, label, value in member.samples():
                name = ending.removeprefix("_") or "value"
                bound = label.replace('"', "")
                key = f"{name} {bound}" if bound else name
                numbers[key] = value if isfinite(value) else None
            labels = dict(zip(self.names, values, strict=True))
            found.append({"labels": labels, **numbers})
        return found


class Metrics:
    """All metrics of a Node.

    Who asks for a name again, in the same way, gets what is there already.
    """

    def __init__(self) -> None:
        self._families: dict[str, Family[Any]] = {}

    @overload
    def counter(self, name: str, text: str) -> Counter: ...
    @overload
    def counter(
        self, name: str, text: str, labels: tuple[str, ...]
    ) -> Family[Counter]: ...
    def counter(
        self, name: str, text: str, labels: tuple[str, ...] = ()
    ) -> Counter | Family[Counter]:
        """Return a number that only goes up, or one for each value of the labels.

        Raises:
            ValueError: A name that cannot be, or that means something else already.
        """
        family = self._family(name, Family(Counter.kind, text, labels, Counter))
        return family if labels else family.labels()

    @overload
    def gauge(
        self, name: str, text: str, *, ask: Callable[[], float] | None = None
    ) -> Gauge: ...
    @overload
    def gauge(self, name: str, text: str, labels: tuple[str, ...]) -> Family[Gauge]: ...
    def gauge(
        self,
        name: str,
        text: str,
        labels: tuple[str, ...] = (),
        *,
        ask: Callable[[], float] | None = None,
    ) -> Gauge | Family[Gauge]:
        """Return a number that goes up and down, or one for each value of the labels.

        Args:
            name: `nexus_...`.
            text: What it is, for people.
            labels: The names of its labels.
            ask: Returns the number whenever it is rendered; only without labels.

        Raises:
            ValueError: A name that cannot be, or that means something else already.
        """
        if ask is not None and (labels or name in self._families):
            raise ValueError(f"{name}: whom to ask is said once, without labels")
        family = self._family(
            name, Family(Gauge.kind, text, labels, lambda: Gauge(ask))
        )
        return family if labels else family.labels()

    @overload
    def histogram(self, name: str, text: str, bounds: Sequence[float]) -> Histogram: ...
    @overload
    def histogram(
        self, name: str, text: str, bounds: Sequence[float], labels: tuple[str, ...]
    ) -> Family[Histogram]: ...
    def histogram(
        self,
        name: str,
        text: str,
        bounds: Sequence[float],
        labels: tuple[str, ...] = (),
    ) -> Histogram | Family[Histogram]:
        """Return how many numbers were how large, or that for each value of the labels.

        Raises:
            ValueError: A name that cannot be, or that means something else already.
        """
        limits = tuple(bounds)
        Histogram(limits)
        family = self._family(
            name,
            Family(
                Histogram.kind, text, labels, lambda: Histogram(limits), bounds=limits
            ),
        )
        return family if labels else family.labels()

    def render(self) -> str:
        """Return all metrics in Prometheus' text format, in the order of their making.

        A gauge whose number cannot be asked for is NaN: one fault is not to hide all.
        """
        return "".join(
            line
            for name, family in self._families.items()
            for line in family.lines(name)
        )

    def document(self) -> dict[str, list[dict[str, Any]]]:
        """Return all metrics as JSON has them: by name, each with its labels.

        What JSON has no number for is None.
        """
        return {name: each.entries() for name, each in self._families.items()}

    def _family(self, name: str, made: Family[_M]) -> Family[_M]:
        known = self._families.get(name)
        if known is not None:
            if not known.same(made):
                raise ValueError(f"{name} means something else already")
            return known
        if not _NAME.fullmatch(name):
            raise ValueError(f"a metric is called nexus_..., not {name!r}")
        for label in made.names:
            if not _LABEL.fullmatch(label) or label == "le":
                raise ValueError(f"{name}: {label!r} is no name of a label")
        self._families[name] = made
        return made


def _number(value: float) -> str:
    """Write a number as Prometheus reads it."""
    if value == inf or value == -inf:
        return "+Inf" if value > 0 else "-Inf"
    if isnan(value):
        return "NaN"
    return repr(value)


def _escape(text: str) -> str:
    """Write a label's value so that it ends where it should."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
