"""The outline as a reader knows it: classes without Python classes behind them."""

from __future__ import annotations

from enum import Enum
from typing import Any

from attrs import define, field
from typing_extensions import override

from nexus.errors import PeerError
from nexus.state.field import PLAIN_KINDS
from nexus.state.kind import Choice, Kind
from nexus.state.layout import MAX_FIELDS
from nexus.state.number import Quantized
from nexus.state.outline import SHAPES
from nexus.wire.codec import Kind as Item
from nexus.wire.codec import Reader

__all__ = ["RemoteClass", "RemoteField", "RemoteOutline", "read_outline", "read_where"]

#: An outline has at most so many bytes.
LIMIT = 1 << 20
#: How many classes may stand above one.
MAX_HEIGHT = 64


@define(eq=False)
class RemoteField:
    """One field of a class that is declared elsewhere."""

    name: str
    index: int
    shape: str
    optional: bool
    #: The kind of its values; None: entities stand there, or rows.
    kind: Kind | None
    #: The number of the class of its entities, or rows.
    cls: int
    #: What an Outline says of the type of its values.
    type: str
    #: The number of the class that has it.
    owner: int = -1
    #: The class of its rows, if it is a Table.
    rows: RemoteClass | None = None
    #: Whether entities stand there.
    nests: bool = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.nests = self.kind is None and self.shape != "table"


@define(eq=False)
class RemoteClass:
    """A class that is declared elsewhere."""

    number: int
    name: str
    parent: int
    fields: list[RemoteField | None]
    #: How many classes stand above it.
    height: int = 0
    by_name: dict[str, RemoteField] = field(init=False)
    containers: list[RemoteField] = field(init=False)

    def __attrs_post_init__(self) -> None:
        there = [each for each in self.fields if each is not None]
        for each in there:
            each.owner = self.number
        self.by_name = {each.name: each for each in there}
        if len(self.by_name) != len(there):
            raise PeerError(f"{self.name} has two fields of one name")
        self.containers = [each for each in there if each.shape != "one"]

    def of_mask(self, mask: int) -> list[RemoteField]:
        """Return the fields whose bits are set.

        Raises:
            PeerError: A bit stands for no field.
        """
        found = [
            each for each in self.fields if each is not None and mask >> each.index & 1
        ]
        if len(found) != mask.bit_count():
            raise PeerError(f"a mask with fields that {self.name} has not")
        return found


@define(eq=False)
class RemoteOutline:
    """The table of classes that a reader was given."""

    fingerprint: bytes
    root: int
    classes: list[RemoteClass]

    def cls(self, number: int) -> RemoteClass:
        """Return a class by its number.

        Raises:
            PeerError: There is none.
        """
        if not 0 <= number < len(self.classes):
            raise PeerError(f"no class has the number {number}")
        return self.classes[number]

    def stands_for(self, cls: RemoteClass, wanted: int) -> bool:
        """Tell whether a class is `wanted` or stands below it."""
        number = cls.number
        while number >= 0:
            if number == wanted:
                return True
            number = self.classes[number].parent
        return False


def read_outline(data: bytes) -> RemoteOutline:
    """Read an outline.

    Raises:
        PeerError: These bytes are none.
    """
    reader = Reader(data, LIMIT)
    if reader.array() != 4 or reader.integer(1, 1) != 1:
        raise PeerError("this is no outline")
    fingerprint = reader.data()
    root = reader.integer(0, 1 << 16)
    classes = [_read_class(reader, number) for number in range(reader.array())]
    reader.end()
    if len(fingerprint) != 8 or root >= len(classes):
        raise PeerError("this is no outline")
    for cls in classes:
        # Parents come first, so there is no circle.
        if not -1 <= cls.parent < cls.number:
            raise PeerError(f"{cls.name} has an impossible parent")
        if cls.parent >= 0:
            cls.height = classes[cls.parent].height + 1
        if cls.height > MAX_HEIGHT:
            raise PeerError(f"classes stand at most {MAX_HEIGHT} above each other")
        for each in cls.fields:
            if each is not None and each.kind is None and each.cls >= len(classes):
                raise PeerError(f"{cls.name}.{each.name} holds an unknown class")
            if each is not None and each.shape == "table":
                each.rows = _row_class(classes, each.cls)
    return RemoteOutline(fingerprint, root, classes)


def _row_class(classes: list[RemoteClass], number: int) -> RemoteClass:
    """Return a class whose entities can be the rows of a Table.

    Raises:
        PeerError: They cannot: not each of its fields is a column.
    """
    cls = classes[number]
    columns = all(
        each is None
        or (each.shape == "one" and each.kind and each.kind.width and not each.optional)
        for each in cls.fields
    )
    if not columns or any(other.parent == number for other in classes):
        raise PeerError(f"{cls.name} is no class of rows")
    return cls


def read_where(
    reader: Reader, outline: RemoteOutline, shapes: tuple[str, ...]
) -> tuple[RemoteField, int]:
    """Read the name of a container of one of these shapes: its field and its entity.

    Raises:
        PeerError: There is no such field.
    """
    cls = outline.cls(reader.integer(0, 1 << 16))
    index = reader.integer(0, MAX_FIELDS)
    each = cls.fields[index] if index < len(cls.fields) else None
    if each is None or each.shape not in shapes:
        raise PeerError(f"{cls.name} has no such container")
    return each, reader.integer(0, (1 << 53) - 1)


def _read_class(reader: Reader, number: int) -> RemoteClass:
    if reader.array() != 3:
        raise PeerError("a class has a name, a parent and fields")
    name = reader.text()
    parent = reader.integer(-1, 1 << 16)
    count = reader.array()
    if count > MAX_FIELDS:
        raise PeerError(f"{count} fields in one class")
    return RemoteClass(
        number, name, parent, [_read_field(reader, index) for index in range(count)]
    )


def _read_field(reader: Reader, index: int) -> RemoteField | None:
    if reader.peek() is Item.NIL:
        reader.item()
        return None
    if reader.array() != 4:
        raise PeerError("a field has a name, a shape, an option and a type")
    name = reader.text()
    if name.startswith("_"):
        # An entity's own attributes begin so.
        raise PeerError("a field's name begins with an underscore")
    shape = SHAPES[reader.integer(0, 4)]
    optional = bool(reader.integer(0, 1))
    if reader.peek() is Item.INTEGER:
        if shape == "set" or (shape == "table" and optional):
            raise PeerError(f"{name} is a set of entities, or an optional Table")
        cls = reader.integer(0, 1 << 16)
        return RemoteField(name, index, shape, optional, None, cls, "")
    if shape == "table":
        raise PeerError(f"{name} is a Table of values")
    said = [reader.item() for _ in range(reader.array())]
    return RemoteField(name, index, shape, optional, _kind(said), -1, str(said[0]))


def _kind(said: list[Any]) -> Kind:
    """Return the kind that an outline describes."""
    match said:
        case [str(name)] if name in PLAIN_KINDS:
            return PLAIN_KINDS[name]
        case ["quantized", *numbers]:
            return _quantized(numbers)
        case ["enum", *names] if names and len(names) <= 65536:
            if all(isinstance(each, str) for each in names):
                return _Names(names)
    raise PeerError("a type that this reader does not know")


def _quantized(numbers: list[Any]) -> Quantized:
    """Return the kind of four numbers: its ends, its bits, and whether it wraps."""
    if [type(each) for each in numbers[2:]] != [int, int] or numbers[3] not in (0, 1):
        raise PeerError("a quantized type has two ends, bits, and wraps or not")
    if not {type(each) for each in numbers[:2]} <= {int, float}:
        raise PeerError("the ends of a quantized type are numbers")
    low, high, bits, wrap = numbers
    try:
        return Quantized(low, high, bits, beyond="wrap" if wrap else "clamp")
    except (OverflowError, ValueError):
        raise PeerError("a quantized type that cannot be") from None


class _Names(Choice):
    """An enum of which only the names are known; its values are these names."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(_One)
        self.members = tuple(names)
        self.positions = {name: i for i, name in enumerate(names)}
        self.width = "B" if len(names) <= 256 else "H"

    @override
    def describe(self) -> list[Any]:
        return [self.name, *self.members]


class _One(Enum):
    """Stands in until the names are there."""

    ONE = 1
