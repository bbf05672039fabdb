"""Those who mirror a tree: replicas in two languages, official decoders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from attrs import define, field

from nexus.state import Flush, View
from nexus.wire.colyseus import SchemaEncoder
from nexus.wire.native import Replica, encode_outline, merge, read_outline
from tests.model import canonical_dump, expected, mirrored
from tests.support.node import (
    DecodeError,
    Decoder,
    Replicas,
    ReplicaVerb,
    Request,
)

if TYPE_CHECKING:
    from tests.support.world import World

__all__ = ["JavaScript", "Native", "Schema", "Watcher"]


class Watcher(Protocol):
    """Somebody who mirrors a tree."""

    view: View | None

    def join(self) -> None:
        """Take all that there is."""

    def follow(self, flush: Flush) -> None:
        """Take a patch, now or later."""

    def rejoin(self) -> None:
        """Take all that there is, on top of what is held already."""

    def check(self) -> None:
        """Compare what is held with the tree."""


@define(eq=False)
class Native:
    """A Python Replica; a lazy one gets its patches merged, some at a time."""

    world: World
    view: View | None
    lazy: bool
    replica: Replica = field(init=False)
    waiting: list[bytes] = field(factory=list, init=False)

    def join(self) -> None:
        """Take the outline and a snapshot."""
        self.replica = Replica(encode_outline(self.world.tree.outline))
        self.rejoin()

    def rejoin(self) -> None:
        """Take a snapshot, as a difference when there is something already."""
        self.waiting.clear()
        self.replica.apply_snapshot(self.world.encoder.snapshot(self.view))

    def follow(self, flush: Flush) -> None:
        """Take a patch, or put it by."""
        patch = self.world.encoder.patch(flush, self.view)
        if not patch:
            return
        if not self.lazy:
            self.replica.apply_patch(patch)
            return
        self.waiting.append(patch)

    def catch_up(self) -> None:
        """Take what was put by, merged in groups, and groups of groups."""
        outline = read_outline(encode_outline(self.world.tree.outline))
        rest, chance = self.waiting, self.world.chance
        for _ in range(2):
            grouped: list[bytes] = []
            while rest:
                size = chance.randint(1, len(rest))
                group, rest = rest[:size], rest[size:]
                grouped.append(merge(outline, group))
            rest = grouped
        self.waiting = []
        for patch in rest:
            self.replica.apply_patch(patch)

    def check(self) -> None:
        """Compare the Replica with the tree."""
        if self.waiting:
            self.catch_up()
            self.world.label("merge")
        self.world.compare(mirrored(self.replica.state), self.view, "nexus")
        tree = self.world.tree
        if self.replica.version != tree.version:
            raise AssertionError(f"{self.replica.version} is not {tree.version}")
        # It holds no more than it sees: nothing leaks.
        seen = _count(mirrored_states(self.replica.state))
        if self.replica.count != seen:
            raise AssertionError(f"{self.replica.count} entities held, {seen} seen")


@define(eq=False)
class JavaScript:
    """A replica of the JavaScript client."""

    world: World
    view: View | None
    process: Replicas
    session: int = field(init=False)

    def join(self) -> None:
        """Take the outline and a snapshot."""
        self.session = self.world.next_session()
        outline = encode_outline(self.world.tree.outline)
        self.process.ask_one(ReplicaVerb.OUTLINE, self.session, outline)
        self.rejoin()

    def rejoin(self) -> None:
        """Take a snapshot, as a difference when there is something already."""
        snapshot = self.world.encoder.snapshot(self.view)
        self.process.ask_one(ReplicaVerb.SNAPSHOT, self.session, snapshot)

    def follow(self, flush: Flush) -> None:
        """Take a patch."""
        patch = self.world.encoder.patch(flush, self.view)
        if patch:
            self.process.ask_one(ReplicaVerb.PATCH, self.session, patch)

    def check(self) -> None:
        """Compare the replica with the tree."""
        dump, count = self.process.ask(
            [
                Request(ReplicaVerb.DUMP, self.session),
                Request(ReplicaVerb.COUNT, self.session),
            ]
        )
        for answer in (dump, count):
            if isinstance(answer, DecodeError):
                raise answer
        want = expected(self.world.tree.root, self.view, target="nexus")
        self.world.compare(canonical_dump(dump), self.view, "nexus")
        if count != count_entities(want):
            raise AssertionError(f"{count} entities held, {count_entities(want)} seen")


def count_entities(want: Any) -> int:
    """Return how many entities a canonical form has."""
    if isinstance(want, dict):
        return 1 + sum(count_below(value) for value in want.values())
    return 0


def count_below(value: Any) -> int:
    """Return how many entities a field of a canonical form has."""
    if isinstance(value, dict):
        return count_entities(value)
    if isinstance(value, list):
        return sum(count_entities(item) for item in value)
    if isinstance(value, tuple) and value[0] == "map":
        return sum(count_entities(item) for _, item in value[1])
    if isinstance(value, tuple) and value[0] == "some":
        return sum(count_entities(item) for item in value[1].values())
    return 0


@define(eq=False)
class Schema:
    """An official decoder of one major of the SDK."""

    world: World
    view: View | None
    process: Decoder
    encoder: SchemaEncoder
    session: int = field(init=False)
    returned: bool = field(default=False, init=False)

    def join(self) -> None:
        """Take the handshake and a full state."""
        self.session = self.world.next_session()
        self.process.handshake(self.session, self.encoder.handshake())
        self.process.decode(self.session, self.encoder.full(self.view))

    def rejoin(self) -> None:
        """Take a full state on top of what is held, as one does that returns."""
        self.returned = True
        self.process.resync(self.session, self.encoder.resync(self.view))

    def follow(self, flush: Flush) -> None:
        """Take a patch."""
        self.encoder.follow(flush)
        patch = self.encoder.patch(flush, self.view)
        if patch:
            self.process.decode(self.session, patch)

    def check(self) -> None:
        """Compare what the decoder shows with the tree."""
        dump = canonical_dump(self.process.dump(self.session))
        # docs/colyseus.md: with SDK 0.18 the order of maps is lost to one who returns.
        loose = self.returned and self.process.major == 5
        self.world.compare(dump, self.view, "schema", ordered=not loose)


def mirrored_states(mirror: Any) -> list[Any]:
    """Return an entity of a Replica and all below it."""
    found = [mirror]
    for each in mirror._cls.by_name.values():
        if each.kind is None:
            held = mirror._values[each.index]
            if not held:
                continue
            if each.shape == "one":
                below = [held]
            else:
                below = list(held.values()) if each.shape == "map" else list(held)
            for one in below:
                found.extend(mirrored_states(one))
    return found


def _count(states: list[Any]) -> int:
    return len({id(state) for state in states})
