"""Those who mirror a tree: replicas in two languages, official decoders."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any, Protocol

from attrs import define, field

from nexus.state import Flush, View
from nexus.wire.colyseus import SchemaEncoder
from nexus.wire.native import Replica, encode_outline, merge, read_outline
from tests.model import canonical_dump, mirrored
from tests.support.node import Decoder, NodeProcess, Replicas, ReplicaVerb, Told, Verb

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

    def look(self) -> None:
        """Ask what is held, if that takes its time; many do so before one checks."""

    def check(self) -> None:
        """Compare what is held with the tree."""

    def leave(self) -> None:
        """Hold nothing any more."""


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

    def look(self) -> None:
        """Nothing: a Replica is at hand."""

    def leave(self) -> None:
        """Nothing: it goes with its world."""

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


class Remote:
    """A mirror in another process, which is told much in one round trip."""

    process: NodeProcess
    session: int
    told: list[Told]

    def tell(self, verb: IntEnum, payload: bytes = b"") -> None:
        """Have the process do something, with what others tell it."""
        self.told.append(self.process.tell(verb, self.session, payload))

    def heed(self) -> list[Any]:
        """Return the answers to all that was told.

        Raises:
            DecodeError: One was an error.
        """
        told, self.told = self.told, []
        return [each.answer() for each in told]


@define(eq=False)
class JavaScript(Remote):
    """A replica of the JavaScript client."""

    world: World
    view: View | None
    process: Replicas
    session: int = field(init=False)
    told: list[Told] = field(factory=list, init=False)

    def join(self) -> None:
        """Take the outline and a snapshot."""
        self.session = self.world.next_session()
        self.tell(ReplicaVerb.OUTLINE, encode_outline(self.world.tree.outline))
        self.rejoin()

    def rejoin(self) -> None:
        """Take a snapshot, as a difference when there is something already."""
        self.tell(ReplicaVerb.SNAPSHOT, self.world.encoder.snapshot(self.view))

    def follow(self, flush: Flush) -> None:
        """Take a patch."""
        patch = self.world.encoder.patch(flush, self.view)
        if patch:
            self.tell(ReplicaVerb.PATCH, patch)

    def look(self) -> None:
        """Have the replica dumped."""
        self.tell(ReplicaVerb.DUMP)
        self.tell(ReplicaVerb.COUNT)

    def check(self) -> None:
        """Compare the replica with the tree."""
        *_, dump, count = self.heed()
        self.world.compare(canonical_dump(dump), self.view, "nexus")
        held = count_entities(self.world.wanted(self.view, "nexus"))
        if count != held:
            raise AssertionError(f"{count} entities held, {held} seen")

    def leave(self) -> None:
        """Let the process forget the replica."""
        self.tell(ReplicaVerb.DROP)


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
class Schema(Remote):
    """An official decoder of one major of the SDK."""

    world: World
    view: View | None
    process: Decoder
    encoder: SchemaEncoder
    session: int = field(init=False)
    told: list[Told] = field(factory=list, init=False)
    returned: bool = field(default=False, init=False)

    def join(self) -> None:
        """Take the handshake and a full state."""
        self.session = self.world.next_session()
        self.tell(Verb.HANDSHAKE, self.encoder.handshake())
        self.tell(Verb.DECODE, self.encoder.full(self.view))

    def rejoin(self) -> None:
        """Take a full state on top of what is held, as one does that returns."""
        self.returned = True
        self.tell(Verb.RESYNC, self.encoder.resync(self.view))

    def follow(self, flush: Flush) -> None:
        """Take a patch."""
        self.encoder.follow(flush)
        patch = self.encoder.patch(flush, self.view)
        if patch:
            self.tell(Verb.DECODE, patch)

    def look(self) -> None:
        """Have dumped what the decoder shows."""
        self.tell(Verb.DUMP)

    def check(self) -> None:
        """Compare what the decoder shows with the tree."""
        *_, dump = self.heed()
        # docs/colyseus.md: with SDK 0.18 the order of maps is lost to one who returns.
        loose = self.returned and self.process.major == 5
        self.world.compare(canonical_dump(dump), self.view, "schema", ordered=not loose)

    def leave(self) -> None:
        """Let the process forget the decoder."""
        self.tell(Verb.DROP)


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
