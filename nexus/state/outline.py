"""Outline: the table of classes and fields that whoever reads the bytes must have."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from nexus.errors import FieldError
from nexus.state.rows import Rows
from nexus.state.rule import Lane, Shown

if TYPE_CHECKING:
    from nexus.state.field import Field
    from nexus.state.state import State

__all__ = ["SHAPES", "Outline"]

#: How a field's shape is spelled in a description.
SHAPES = ("one", "map", "list", "set", "table")


class Outline:
    """The State classes that can stand in a tree, in a fixed order.

    These are the class of the root and what its fields name, with the classes above and
    the classes below them that exist when the tree is made; parents come first.
    """

    def __init__(self, root: type[State]) -> None:
        self.root = root
        self.classes: list[type[State]] = []
        self.numbers: dict[type[State], int] = {}
        #: Those that were asked for: of what is stored, and of what clients see.
        self._fingerprints: dict[bool, bytes] = {}
        self._visit(root)
        self._check_names()
        lanes = {field.lane for cls in self.classes for field in cls.__layout__.fields}
        #: Whether some field is not for everybody.
        self.hides = bool(lanes - {Lane.SHARED})
        #: Whether some clients may see what others may not.
        self.differs = not lanes.isdisjoint({Lane.GROUP, Lane.PRIVATE})
        self.private = Lane.PRIVATE in lanes
        #: Whether some columns of Tables are for roles.
        self.clears = any(
            each.kind.roles
            for cls in self.classes
            for each in cls.__layout__.tables
            if isinstance(each.kind, Rows)
        )
        if self.clears:
            self._check_tables()
        #: The tags under which showing a State makes a difference.
        self.tags = frozenset(
            field.rule.tag
            for cls in self.classes
            for field in cls.__layout__.fields
            if isinstance(field.rule, Shown)
        )

    def number(self, cls: type[State]) -> int:
        """Return the place of a class in the table.

        Raises:
            FieldError: The class is not in it.
        """
        try:
            return self.numbers[cls]
        except KeyError:
            raise FieldError(
                f"{cls.__name__} cannot stand below {self.root.__name__}: no field "
                "names it or a class above it, or it was defined after this tree was "
                "made"
            ) from None

    def describe(self, *, stored: bool = False) -> list[Any]:
        """Return the table as plain lists, for clients or for the store.

        A field that the reader never gets is None, so that the others keep their place.
        """
        classes = [
            [
                cls.__name__,
                self._parent(cls),
                [
                    self._describe(field, stored=stored)
                    for field in cls.__layout__.fields
                ],
            ]
            for cls in self.classes
        ]
        return [self.numbers[self.root], classes]

    def fingerprint(self, *, stored: bool = False) -> bytes:
        """Return 8 bytes that differ when the description does."""
        known = self._fingerprints.get(stored)
        if known is None:
            text = json.dumps(self.describe(stored=stored), separators=(",", ":"))
            known = hashlib.sha256(text.encode()).digest()[:8]
            self._fingerprints[stored] = known
        return known

    def parent(self, cls: type[State]) -> type[State] | None:
        """Return the State class above one of the table, if it is in the table."""
        return next((base for base in cls.__bases__ if base in self.numbers), None)

    def _parent(self, cls: type[State]) -> int:
        parent = self.parent(cls)
        return -1 if parent is None else self.numbers[parent]

    def _describe(self, field: Field, *, stored: bool) -> list[Any] | None:
        if stored:
            # A transient container is never stored, but its id is taken all the same.
            unknown = field.said.transient and field.shape == "one"
        else:
            unknown = field.said.server_only
        if unknown:
            return None
        held: Any
        if isinstance(field.kind, Rows):
            held = self.numbers[field.kind.cls]
        elif field.kind is not None:
            held = field.kind.describe()
        else:
            assert field.state is not None
            held = self.numbers[field.state]
        return [field.name, SHAPES.index(field.shape), int(field.optional), held]

    def _check_names(self) -> None:
        """Check that a name means one class: snapshots know classes by name.

        Raises:
            FieldError: Two classes have one.
        """
        known: dict[str, type[State]] = {}
        for cls in self.classes:
            other = known.setdefault(cls.__name__, cls)
            if other is not cls:
                raise FieldError(
                    f"two classes below {self.root.__name__} are called "
                    f"{cls.__name__}: {_full_name(other)} and {_full_name(cls)}; "
                    "rename one"
                )

    def _check_tables(self) -> None:
        """Check that who sees a Table with columns for roles is everybody.

        Raises:
            FieldError: A rule limits who sees it, or something that it stands in.
        """
        limited = {
            (cls, each)
            for cls in self.classes
            for each in cls.__layout__.fields
            if each.lane in (Lane.GROUP, Lane.PRIVATE)
        }
        below = {each.state for _, each in limited if each.state is not None}
        waiting = list(below)
        while waiting:
            here = waiting.pop()
            held = [f.state for f in here.__layout__.fields if f.state is not None]
            found = {*held, *here.__subclasses__()} & self.numbers.keys() - below
            below |= found
            waiting += found
        for cls in self.classes:
            for each in cls.__layout__.tables:
                if not (isinstance(each.kind, Rows) and each.kind.roles):
                    continue
                if cls in below or (cls, each) in limited:
                    raise FieldError(
                        f"{cls.__name__}.{each.name} has columns for roles, so "
                        "everybody has to see the rest of it: let no rule limit it, "
                        "nor a State above it"
                    )

    def _visit(self, cls: type[State], *, below: bool = False) -> None:
        """Add a class and those that its fields name; `below`: its subclasses too."""
        waiting = [(cls, below)]
        seen: set[tuple[type[State], bool]] = set()
        while waiting:
            here, deep = waiting.pop(0)
            if (here, deep) in seen:
                continue
            seen.add((here, deep))
            self._add(here)
            waiting.extend(
                (field.state, True)
                for field in here.__layout__.fields
                if field.state is not None
            )
            waiting.extend(
                (field.kind.cls, False)
                for field in here.__layout__.fields
                if isinstance(field.kind, Rows)
            )
            if deep:
                # Of a class whose module was loaded again the newest counts.
                newest = {_full_name(sub): sub for sub in here.__subclasses__()}
                waiting.extend((sub, True) for sub in newest.values())

    def _add(self, cls: type[State]) -> None:
        if cls in self.numbers:
            return
        for base in cls.__bases__:
            if hasattr(base, "__layout__") and base.__layout__.fields:
                self._add(base)
        self.numbers[cls] = len(self.classes)
        self.classes.append(cls)


def _full_name(cls: type[State]) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"
