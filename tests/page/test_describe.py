"""Tests of `nexus.page.describe`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, Literal, NewType, NotRequired, TypedDict

import attrs
from attrs import Factory, define
from twisted.trial.unittest import SynchronousTestCase

from nexus import Length, Range, float32, int64, number, quantized, uint8
from nexus.page.describe import describe
from nexus.room.payload.payload import shape_of

Name = NewType("Name", str)


class Color(Enum):
    """Some colours."""

    RED = "red"
    BLUE = "blue"


@define
class Move:
    """Where to."""

    x: float32
    y: float32
    how: Literal["walk", "run"] = "walk"


@dataclass
class Jump:
    """How far."""

    width: Annotated[float, Range(1, 9)]
    twice: bool = False


class Offer(TypedDict):
    """What is for sale."""

    what: str
    price: NotRequired[int]


@define
class Branch:
    """What holds others of its kind."""

    name: Annotated[str, Length(2, 8)]
    below: list[Branch]
    beside: Branch | None
    more: dict[str, int] = Factory(dict)


@define
class Endless:
    """What no example could ever end."""

    inner: Endless


#: Types, and how they are told.
TOLD: Mapping[Any, str] = {
    bool: "true or false",
    int: "whole number",
    float: "number",
    str: "text",
    Name: "text",
    bytes: "bytes",
    datetime: "date",
    None: "null",
    uint8: "uint8",
    int64: "int64",
    number: "number",
    Annotated[float, quantized(-1, 1)]: "number from -1 to 1",
    Annotated[int, Range(3, 9)]: "whole number from 3 to 9",
    Annotated[float, Range(None, -2.5)]: "number at most -2.5",
    Annotated[float, Range(0.25, 0.5)]: "number from 0.25 to 0.5",
    Annotated[int, Range(1, 12_345_678)]: "whole number from 1 to 12345678",
    Annotated[str, Length(1, 80)]: "text of 1 to 80",
    Annotated[list[int], Length(3, 3)]: "[whole number, ...] of 3 to 3",
    Annotated[list[int], Length(0, 0)]: "[whole number, ...] of 0 to 0",
    Literal["a", 1, None]: '"a" or 1 or null',
    Literal[Color.RED]: '"red"',
    Color: '"red" or "blue"',
    list[int]: "[whole number, ...]",
    set[str]: "[text, ...]",
    frozenset[str]: "[text, ...]",
    tuple[int, ...]: "[whole number, ...]",
    tuple[float32, str]: "[float32, text]",
    dict[str, bool]: "{name: true or false}",
    int | None: "whole number or null",
    str | list[int]: "text or [whole number, ...]",
    Move: '{x: float32, y: float32, how?: "walk" or "run"}',
    Jump: "{width: number from 1 to 9, twice?: true or false}",
    Offer: "{what: text, price?: whole number}",
    Branch: (
        "{name: text of 2 to 8, below: [Branch, ...], beside: Branch or null,"
        " more?: {name: whole number}}"
    ),
}


def read(sample: Any) -> Any:
    """Return what a page sends for an example."""
    if isinstance(sample, dict):
        if set(sample) == {"$bytes"}:
            return bytes.fromhex(sample["$bytes"])
        if set(sample) == {"$date"}:
            return datetime.fromisoformat(sample["$date"])
        return {name: read(each) for name, each in sample.items()}
    return [read(each) for each in sample] if isinstance(sample, list) else sample


class DescribeTests(SynchronousTestCase):
    def test_types_are_told_in_words(self) -> None:
        """Each type that a payload can have is told."""
        for hint, text in TOLD.items():
            self.assertEqual(describe(hint).text, text)

    def test_examples_are_right(self) -> None:
        """Each example is one that the listener would take, and JSON can hold it."""
        for hint in TOLD:
            found = describe(hint)
            self.assertTrue(found.has_sample, hint)
            sample = json.loads(json.dumps(found.sample, allow_nan=False))
            shape_of(hint).read(read(sample))

    def test_what_lies_deep_is_named_only(self) -> None:
        """Classes within classes are spelled out so far that people can read it."""
        hint: Any = int
        for depth in range(9):
            fields = {"x": attrs.field(type=hint)}
            hint = attrs.make_class(f"C{depth}", fields)

        self.assertEqual(describe(hint).text.count("{x: "), 6)
        self.assertIn("{x: C2}", describe(hint).text)

    def test_what_cannot_be_guessed_has_no_example(self) -> None:
        """Nothing is shown that would surely be refused, and nothing for anything."""
        for hint in (
            Any,
            object,
            Endless,
            Annotated[str, Length(1000)],
            Annotated[dict[str, int], Length(1)],
            tuple[int, Endless],
        ):
            self.assertFalse(describe(hint).has_sample, hint)
