"""`state`: every container and every kind of scalar, changed by its clients."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from typing_extensions import override

from examples.conformance.dump import plain, whole
from nexus import (
    Client,
    List,
    Map,
    Refused,
    Room,
    Set,
    State,
    StateError,
    field,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    number,
    on_message,
    uint8,
    uint16,
    uint32,
    uint64,
)

__all__ = ["Mirror"]


class Vec(State):
    """A place."""

    x: float32 = 0.0
    y: float32 = 0.0


class Member(State):
    """Somebody somewhere."""

    name: str = ""
    hp: int16 = 0
    pos: Vec = field(factory=Vec)


class Item(State):
    """Something, several times."""

    name: str = ""
    qty: uint16 = 0


class World(State):
    """Everything that a State can hold."""

    i8: int8 = 0
    i16: int16 = 0
    i32: int32 = 0
    i64: int64 = 0
    u8: uint8 = 0
    u16: uint16 = 0
    u32: uint32 = 0
    u64: uint64 = 0
    f32: float32 = 0.0
    f64: float64 = 0.0
    num: number = 0
    text: str = ""
    flag: bool = False
    maybe: str | None = None
    origin: Vec = field(factory=Vec)
    leader: Member | None = None
    members: Map[str, Member] = field(factory=dict)
    scores: Map[str, number] = field(factory=dict)
    log: List[str] = field(factory=list)
    items: List[Item] = field(factory=list)
    tags: Set[str] = field(factory=set)


#: The class of what stands at a field, where it is a State.
_CLASSES: Final[dict[str, type[State]]] = {
    "origin": Vec,
    "pos": Vec,
    "leader": Member,
    "members": Member,
    "items": Item,
}

#: What a step may do to what stands at its path, by its verb.
_VERBS: Final[dict[str, Callable[..., object]]] = {
    "set": lambda state, name, value: setattr(state, name, value),
    "put": lambda entries, key, value: entries.__setitem__(key, value),
    "delete": lambda entries, key: entries.pop(key),
    "clear": lambda container: container.clear(),
    "append": lambda entries, value: entries.append(value),
    "insert": lambda entries, index, value: entries.insert(index, value),
    "replace": lambda entries, index, value: entries.__setitem__(index, value),
    "remove": lambda entries, index: entries.pop(index),
    "add": lambda entries, value: entries.add(value),
    "discard": lambda entries, value: entries.discard(value),
}

#: What a step raises that does not fit the State as it is.
_MISFITS: Final = (LookupError, TypeError, ValueError, AttributeError, StateError)


class Mirror(Room[World]):
    """Does to its State what its clients say, and tells them what is true then."""

    @override
    def on_create(self, options: Mapping[str, Any]) -> None:
        """Begin with zeros."""
        self.state = World()

    @override
    def on_drop(self, client: Client, code: int) -> None:
        """Let a lost client return."""
        _ = self.allow_reconnection(client, 20)

    @on_message("set")
    def set_fields(self, client: Client, values: dict[str, Any]) -> None:
        """Write fields of the root.

        Raises:
            Refused: There is no such field, or it does not take such a value.
        """
        for name, value in values.items():
            self.step("", "set", name, value)

    @on_message("op")
    def run(self, client: Client, steps: list[list[Any]]) -> None:
        """Run a script of `[path, verb, ...arguments]`.

        Raises:
            Refused: A step does not fit; those before it stand.
        """
        for step in steps:
            if len(step) < 2 or not all(isinstance(word, str) for word in step[:2]):
                raise Refused("a step is [path, verb, ...arguments]")
            self.step(*step)

    def step(self, path: str, verb: str, *arguments: Any) -> None:
        """Run one step.

        Raises:
            Refused: It does not fit.
        """
        act = _VERBS.get(verb)
        if act is None:
            raise Refused(f"there is no verb {verb!r}")
        try:
            where = self.find(path)
            name = arguments[0] if verb == "set" else path.rpartition(".")[2]
            if verb == "set" and name not in type(where).__annotations__:
                raise Refused(f"there is no field {name!r}")
            *before, last = arguments or (None,)
            values = [*map(whole, before), make(name, last)] if arguments else []
            act(where, *values)
        except _MISFITS as error:
            raise Refused(f"{verb} at {path!r}: {error}") from None

    def find(self, path: str) -> Any:
        """Return what stands at a path; the empty one is the root's.

        Raises:
            LookupError: There is nothing.
        """
        found: Any = self.state
        for word in path.split(".") if path else ():
            if isinstance(found, State):
                if word not in type(found).__annotations__:
                    raise LookupError(word)
                found = getattr(found, word)
            else:
                found = found[int(word) if isinstance(found, List) else word]
        return found

    @on_message("dump")
    def dump(self, client: Client) -> dict[str, Any]:
        """Say what is true, to a message and to a request."""
        truth: dict[str, Any] = plain(self.state)
        client.send("dump", truth)
        return truth


def make(name: str, value: Any) -> Any:
    """Return a value as a field, or a container of that name, takes it."""
    if not isinstance(value, dict):
        return whole(value)
    fields = {key: make(key, item) for key, item in value.items()}
    return _CLASSES[name](**fields)
