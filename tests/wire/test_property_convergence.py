"""Whoever mirrors a tree holds what it holds: the law that everything stands on.

Python's replica and JavaScript's, and the official decoders of all three majors, follow
the same random trees: classes, writes, containers, references, views, late joiners,
returning clients, failed atomic stretches, merged patches.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from hypothesis import given, settings
from twisted.trial.unittest import SynchronousTestCase

from nexus.state import View
from nexus.wire.colyseus import SchemaEncoder
from tests import examples
from tests.strategies import KINDS, WorldPlan, steps, worlds
from tests.support.node import MAJORS, Decoder, Replicas, missing
from tests.support.world import JavaScript, Native, Schema, Step, Watcher, World

#: In at least so many of all sequences everything has to occur.
SHARE = 0.02
#: What has to occur beside every kind of value.
LABELS = frozenset(
    f"{group} {name}"
    for group, names in {
        "shape": "one map list set",
        "rule": "Rule Role Owner Shown",
        "map": "set delete back clear assign",
        "list": "append insert pop set reverse move clear slice extend",
        "set": "add discard clear",
        "view": "add remove",
    }.items()
    for name in names.split()
) | {
    "value",
    "reference",
    "optional",
    "subclass",
    "owner",
    "roles",
    "undo",
    "late joiner",
    "state moved",
    "rejoin",
}

Makers = list[Callable[[World, "View | None"], Watcher]]


class ConvergenceTests(SynchronousTestCase):
    """Every sequence of operations, every flush, every view."""

    def check(self, make: Callable[[], Makers], also: frozenset[str]) -> None:
        """Let the watchers that `make` makes for each sequence follow it."""
        seen: Counter[str] = Counter()
        count = 0

        @given(worlds(), steps)
        @settings(max_examples=examples(2000, 20_000, whole=True))
        def law(plan: WorldPlan, happened: list[Step]) -> None:
            nonlocal count
            world = World(plan, makers=make())
            world.run(happened)
            seen.update(world.labels)
            count += 1

        law()
        kinds = {f"kind {name}" for name in KINDS}
        kinds -= {f"kind {name}" for name in ("wrap", "clamp", "share", "many")}
        wanted = LABELS | also | kinds | {"kind quantized"}
        rare = {label for label in wanted if seen[label] < SHARE * count}
        self.assertEqual(rare, set())

    def test_replicas_equal_their_state(self) -> None:
        """Replicas in Python, prompt or merging, and in JavaScript equal the State."""
        if (reason := missing()) is not None:
            self.skipTest(reason)
        process = Replicas()
        process.start()
        self.addCleanup(process.close)

        self.check(
            lambda: [
                lambda world, view: Native(world, view, lazy=False),
                lambda world, view: Native(world, view, lazy=True),
                lambda world, view: JavaScript(world, view, process),
            ],
            frozenset({"merge"}),
        )

    def test_official_decoders_equal_their_state(self) -> None:
        """The decoders of SDK 0.16, 0.17 and 0.18 show what the State holds."""
        if (reason := missing()) is not None:
            self.skipTest(reason)
        processes = {major: Decoder(major) for major in MAJORS}
        for process in processes.values():
            process.start()
            self.addCleanup(process.close)

        def make() -> Makers:
            encoders: dict[int, SchemaEncoder] = {}

            def of(major: int) -> Callable[[World, View | None], Watcher]:
                def join(world: World, view: View | None) -> Watcher:
                    if major not in encoders:
                        encoders[major] = SchemaEncoder(world.tree, major)  # type: ignore[arg-type]  # one of MAJORS
                    return Schema(world, view, processes[major], encoders[major])

                return join

            return [of(major) for major in MAJORS]

        self.check(make, frozenset())
