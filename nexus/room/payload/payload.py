"""Payloads of Messages, checked against the type that an author declared.

    @define
    class Move:
        x: float32
        y: float32
        kind: Literal["walk", "run"] = "walk"

    shape = shape_of(Move)
    move = shape.read(decode(payload), "move")

Types are bool, int, float, str, bytes, datetime, the numbers of State's fields, Enums
(by value, else by name), Literals, lists, tuples, sets, dicts with text as keys, attrs
classes, dataclasses, TypedDicts, unions of these, None, and Any; and
`Annotated[..., Length(1, 80)]` or `Range(0, 10)`.

An object is read by the names of the arguments of the class. Keys that it does not know
are ignored, so that a newer client can speak to an older Node. A key that is absent or
undefined takes the default of its field, and one of a TypedDict that need not be there
stays away. Converters and validators of attrs run, and `__post_init__` of dataclasses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from inspect import Parameter, signature
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import attrs
from typing_extensions import is_typeddict

from nexus.errors import PeerError
from nexus.room.payload.assembly import assembly_of
from nexus.room.payload.bound import Length, Range, bounded, counted
from nexus.room.payload.member import Member, fields_of, is_made_of_members, plain_hints
from nexus.room.payload.nested import DICT, by_tag, either, mapping, row, sequence
from nexus.room.payload.scalar import (
    SCALARS,
    Reader,
    UnfitError,
    choice,
    of_enum,
    of_kind,
)
from nexus.state.kind import Kind, shorten

__all__ = ["Length", "PayloadError", "Range", "Shape", "shape_of"]

_ANYTHING: Final = Reader(lambda value: value, "anything", frozenset(), hashable=False)


class PayloadError(PeerError):
    """A payload that is not what the author declared; says where and why."""


@attrs.frozen(eq=False)
class Shape:
    """What the payload of one sort of Message has to be."""

    _reader: Reader

    def read(self, value: object, name: str = "payload") -> Any:
        """Return what a decoded payload stands for.

        Args:
            value: What `nexus.wire.message.decode` made.
            name: What errors call it, such as the type of the Message.

        Raises:
            PayloadError: It is something else; nothing was made of it.
        """
        try:
            return self._reader.read(value)
        except UnfitError as error:
            where = "".join(reversed(error.path))
            # What a validator raised stays visible as the cause, for the log.
            raise PayloadError(f"{name}{where} {error.reason}") from error.__cause__


def shape_of(annotation: Any, owner: str = "") -> Shape:
    """Compile an annotation, once for all payloads.

    Args:
        annotation: The type.
        owner: Whose type it is, such as a parameter of a function; errors name it.

    Raises:
        TypeError: A payload cannot be of this type; says of which class and field.
    """
    try:
        return Shape(_Compiler().reader(annotation, owner or shorten(annotation)))
    except _DeclarationError as error:
        inside = owner and error.where != owner
        raise TypeError(f"{owner}: {error}" if inside else str(error)) from None


class _DeclarationError(TypeError):
    """A type that no payload can be; says where it stands."""

    def __init__(self, where: str, reason: object) -> None:
        super().__init__(f"{where}: {reason}")
        self.where = where


class _Compiler:
    """Makes Readers; knows the classes on its way, so that a class may hold itself."""

    def __init__(self) -> None:
        self._classes: dict[type, Reader] = {}
        #: The values that tell apart the classes of a union, by class and key.
        self._tags: dict[type, dict[str, tuple[tuple[bool, Any], ...]]] = {}

    def reader(self, hint: Any, where: str) -> Reader:
        """Return the Reader of an annotation; `where` is for the error."""
        try:
            return self._reader(hint, where)
        except _DeclarationError:
            raise
        except TypeError as error:
            raise _DeclarationError(where, error) from None

    def _reader(self, hint: Any, where: str) -> Reader:
        hint = getattr(hint, "__supertype__", hint)
        origin, arguments = get_origin(hint), get_args(hint)
        if hint is Any or hint is object:
            return _ANYTHING
        if origin is Annotated:
            return self._annotated(hint.__origin__, hint.__metadata__, where)
        if origin is Literal:
            return choice(_literals(arguments))
        if origin is Union or origin is UnionType:
            return self._union(arguments, where)
        if origin in (list, set, frozenset):
            return sequence(origin, self.reader(arguments[0], where))
        if origin is tuple:
            if len(arguments) == 2 and arguments[1] is Ellipsis:
                return sequence(tuple, self.reader(arguments[0], where))
            return row([self.reader(one, where) for one in arguments])
        if origin is dict:
            if arguments[0] is not str:
                raise TypeError("a dict has text as keys: write dict[str, ...]")
            return mapping(self.reader(arguments[1], where))
        if hint in (list, set, frozenset, tuple, dict):
            raise TypeError(f"say what it holds: {hint.__name__}[...]")
        if hint is None:
            return SCALARS[NoneType]
        if isinstance(hint, type):
            return self._type(hint)
        raise TypeError(f"a message cannot carry {shorten(hint)}")

    def _type(self, kind: type) -> Reader:
        if kind in SCALARS:
            return SCALARS[kind]
        if issubclass(kind, Enum):
            return of_enum(kind)
        if hasattr(kind, "__layout__"):
            raise TypeError(f"{kind.__name__} is a State, which messages do not carry")
        if is_made_of_members(kind):
            return self._class(kind)
        raise TypeError(
            f"a message cannot carry {kind.__name__}: use an attrs class (@define)"
        )

    def _annotated(self, hint: Any, extras: Iterable[Any], where: str) -> Reader:
        kinds = [extra for extra in extras if isinstance(extra, Kind)]
        reader = of_kind(kinds[0]) if kinds else self.reader(hint, where)
        for extra in extras:
            if isinstance(extra, Range):
                reader = bounded(reader, extra)
            elif isinstance(extra, Length):
                reader = counted(reader, extra)
        return reader

    def _union(self, hints: tuple[Any, ...], where: str) -> Reader:
        """Return a Reader that goes by the type of the value.

        Never by trying what nests: with several classes that hold each other the tries
        would double with each level of a hostile payload.
        """
        readers = [self.reader(hint, where) for hint in hints]
        if _ANYTHING in readers:
            raise TypeError("Any says it all; leave out the others")
        objects = [one for one in readers if dict in one.takes]
        if len(objects) > 1:
            classes = [hint for hint in hints if hint in self._classes]
            if len(classes) != len(objects):
                raise TypeError("only one alternative may be a dict")
            tagged = self._tagged(classes)
            readers = [one for one in readers if dict not in one.takes] + [tagged]
        if sum(list in one.takes for one in readers) > 1:
            raise TypeError("only one alternative may be a list")
        return either(readers)

    def _tagged(self, classes: list[type]) -> Reader:
        """Return a Reader that tells classes apart by a field of Literals."""
        keys = set.intersection(*(set(self._tags.get(one, ())) for one in classes))
        for key in sorted(keys):
            owner = {tag: one for one in classes for tag in self._tags[one][key]}
            if len(owner) == sum(len(self._tags[one][key]) for one in classes):
                readers = {tag: self._classes[one] for tag, one in owner.items()}
                return by_tag(key, readers)
        names = ", ".join(one.__name__ for one in classes)
        raise TypeError(f"nothing tells {names} apart: give each a field of a Literal")

    def _class(self, cls: Any) -> Reader:
        if cls in self._classes:
            return self._classes[cls]
        late: list[Callable[[Any], Any]] = []
        # The class may hold itself: until it is compiled, it is read by this.
        self._classes[cls] = Reader(
            lambda value: late[0](value),
            "an object",
            DICT,
            hashable=cls.__hash__ is not None,
        )
        found = _hints(cls)
        fields, hints = fields_of(cls, found), plain_hints(found)
        if not is_typeddict(cls):
            _check_arguments(cls, fields)
        self._tags[cls] = {
            each.alias: tuple(
                (type(tag) is bool, tag) for tag, _ in _literals(get_args(hint))
            )
            for each in fields
            if get_origin(hint := hints.get(each.name)) is Literal
        }
        readers = {}
        for each in fields:
            where = f"{cls.__name__}.{each.name}"
            if each.name not in hints:
                raise _DeclarationError(where, "say its type")
            readers[each] = self.reader(hints[each.name], where)
        late.append(assembly_of(cls, readers))
        # Whoever has the class from now on calls that at once.
        made = self._classes[cls] = attrs.evolve(self._classes[cls], read=late[0])
        return made


def _literals(values: Iterable[Any]) -> list[tuple[Any, Any]]:
    """Return what a Literal's values look like in a message; a member has its own."""
    return [(one.value if isinstance(one, Enum) else one, one) for one in values]


def _hints(cls: Any) -> dict[str, Any]:
    try:
        return get_type_hints(cls, localns={cls.__name__: cls}, include_extras=True)
    except NameError as error:
        raise _DeclarationError(
            cls.__name__,
            f"{error}; define the class at the top of a module, below the types that "
            "it names",
        ) from None


def _check_arguments(cls: Any, fields: list[Member]) -> None:
    """Check that a class is made of its fields, by attrs' `__init__` or one like it."""
    names = {each.alias for each in fields}
    for parameter in signature(cls).parameters.values():
        if parameter.kind in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD):
            continue
        if parameter.name not in names and parameter.default is Parameter.empty:
            raise _DeclarationError(
                f"{cls.__name__}.{parameter.name}",
                "__init__ wants more than the fields",
            )
        names.discard(parameter.name)
    if names:
        raise _DeclarationError(
            f"{cls.__name__}.{min(names)}", "__init__ does not take it"
        )
