from collections.abc import Callable
from types import MemberDescriptorType
from typing import Any, TypeAlias

Form: TypeAlias = tuple[Any, ...]
#: A slot, struct's letter, a form, and the code before it.
Part: TypeAlias = tuple[MemberDescriptorType, str, Form, int]

class Property:
    def __new__(
        cls,
        *,
        slots: tuple[Any, Any, Any, Any],
        bit: int,
        form: Form,
        optional: bool,
        write: Callable[[Any, Any], None],
        doc: str,
    ) -> Property: ...
    @property
    def write(self) -> Callable[[Any, Any], None]: ...

class Columns:
    def __new__(cls, member: Any, fields: tuple[Part, ...]) -> Columns: ...
    def __call__(self, head: bytes, states: list[Any], /) -> bytes: ...

class Visits:
    def __new__(cls, member: Any, fields: tuple[Part, ...]) -> Visits: ...
    def __call__(self, states: list[Any], /) -> bytes: ...

def begins(cells: Any, ends: Any, wanted: Any, /) -> bytes: ...
def cut(content: bytes, at: Any, ends: Any, /) -> list[bytes]: ...
def drift(
    values: Any, does: Any, rates: Any, odd: int, span: Any, top: float, /
) -> None: ...
def gather(
    bucket: list[Any], dirty: Any, id_: Any, of_bucket: Any, /
) -> list[tuple[int, list[Any], list[int]]] | None: ...
def mark(dirty: Any, mask: Any, rows: Any, bits: Any, /) -> bool: ...
def pick(column: Any, rows: Any, out: Any, /) -> None: ...
def put(
    data: Any,
    sent: Any,
    rows: Any,
    values: Any,
    bits: Any,
    bit: int,
    quantized: tuple[float, float, float] | None,
    /,
) -> None: ...
def seal(head: bytes, bodies: list[bytes], /) -> list[bytes]: ...
def ship(doors: list[int], frames: list[bytes], /) -> list[tuple[int, int]]: ...
def sift(cells: Any, places: Any, wanted: Any, keys: Any, /) -> int: ...
def stamp(array: Any, places: Any, number: int, /) -> None: ...
def stint(
    held: Any,
    does: Any,
    left: Any,
    spent: Any,
    going: Any,
    rates: Any,
    bounds: Any,
    low: Any,
    full: Any,
    /,
) -> None: ...
def strays(
    rows: Any, x: Any, y: Any, cells: Any, grid: tuple[float, float, float, int, int], /
) -> tuple[bytes, bytes, bytes, bytes, bytes] | None: ...
def tally(numbers: Any, /) -> dict[int, int]: ...
def walk(
    places: Any,
    paces: Any,
    span: Any,
    beyond: Any,
    homes: Any,
    low: float,
    high: float,
    /,
) -> None: ...
def written(
    dirty: Any, alive: Any, mask: Any, known: int, /
) -> tuple[bytes, bytes]: ...
def resettle(rows: Any, to: Any, cells: Any, places: Any, *arrays: Any) -> int: ...
def speak(
    head: bytes,
    tail: bytes,
    weight: int,
    keys: Any,
    ids: Any,
    columns: tuple[tuple[Any, str], ...],
    /,
) -> tuple[bytes, bytes, bytes]: ...
