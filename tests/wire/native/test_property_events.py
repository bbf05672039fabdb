"""The server's own listeners are told what the clients' are told."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from attrs import define, field
from hypothesis import given, settings
from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from nexus.state import State, View
from nexus.wire.native import Mirror
from tests import examples
from tests.model import canonical_dump, expected, mirrored
from tests.strategies import WorldPlan, steps, worlds
from tests.support.node import Replicas, ReplicaVerb, missing
from tests.support.world import JavaScript, Native, Step, World

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: In at least so many of all sequences each event occurs.
SHARE = 0.02
#: Entities of a class may stand below each other; nobody listens further down.
DEPTH = 3


def patterns(cls: type[State], above: tuple[str, ...] = ()) -> set[tuple[str, str]]:
    """Return an (event, pattern) for all that can be listened to below a class."""
    found: set[tuple[str, str]] = set()
    if len(above) > DEPTH:
        return found
    for each in cls.__layout__.fields:
        if each.said.server_only:
            continue
        here = (*above, each.name)
        text = ".".join(here)
        if each.shape != "one" or each.state is not None:
            found |= {("added", text), ("removed", text)}
        if each.shape == "one":
            found.add(("changed", text))
        elif each.state is None and each.shape != "set":
            found.add(("changed", f"{text}.*"))
        if each.state is not None:
            below = here if each.shape == "one" else (*here, "*")
            for sub in (each.state, *each.state.__subclasses__()):
                found |= patterns(sub, below)
    return found


def flat(value: Any) -> Any:
    """Return a value as all three say it; numbers are ints where they are whole."""
    if isinstance(value, State):
        return flat(expected(value, None, target="nexus"))
    if isinstance(value, Mirror):
        return flat(mirrored(value))
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, datetime):
        return ("date", (value - _EPOCH) // (_EPOCH.resolution * 1000))
    if isinstance(value, tuple) and value and value[0] == "int":
        return value[1]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: flat(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(flat(entry) for entry in value)
    return value


def entry(event: str, *said: Any) -> str:
    """Return what was called back as a text; entities that went are not looked at."""
    *values, path = said
    for at, value in enumerate(values):
        went = event == "removed" or at == 1
        if went and isinstance(value, State | Mirror | dict):
            values[at] = "an entity"
    return repr((event, [flat(value) for value in values], flat(list(path))))


@define(eq=False)
class Stage(World):
    """A world with listeners on the server and at two clients."""

    process: Replicas | None = None
    told: list[str] = field(factory=list, init=False)
    heard: list[str] = field(factory=list, init=False)

    @override
    def enter(self, view: View | None) -> None:
        """Let one client of each sort join, and nobody later."""
        if self.watchers:
            return
        assert self.process is not None
        native, script = Native(self, view, False), JavaScript(self, view, self.process)
        self.watchers = [native, script]
        wanted = sorted(patterns(type(self.tree.root)))
        native.join()
        script.join()
        for event, pattern in wanted:
            name = {"added": "on_add", "changed": "on_change"}.get(event, "on_remove")
            for whom, told in ((self.tree, self.told), (native.replica, self.heard)):

                def note(*said: Any, event: str = event, told: Any = told) -> None:
                    told.append(entry(event, *said))

                getattr(whom, name)(pattern, note)
        self.process.ask_one(
            ReplicaVerb.LISTEN, script.session, json.dumps(wanted).encode()
        )

    @override
    def flush(self) -> None:
        """Flush, tell everybody, and compare what they heard."""
        native, script = self.watchers
        assert isinstance(script, JavaScript)
        assert self.process is not None
        flush = self.tree.flush()
        native.follow(flush)
        script.follow(flush)
        flush.tell()
        answer = self.process.ask_one(ReplicaVerb.EVENTS, script.session)
        also = [entry(event, *map(canonical_dump, said)) for event, said in answer]
        for event in self.told:
            self.label(event[2:7])
        self.agree("the Python replica", self.told, self.heard)
        self.agree("the JavaScript replica", self.told, also)
        self.told.clear()
        self.heard.clear()

    def agree(self, who: str, told: list[str], heard: list[str]) -> None:
        """Check that somebody heard what the server told."""
        more, less = Counter(told), Counter(heard)
        if more != less:
            raise AssertionError(
                f"only the server: {sorted(more - less)}\n"
                f"only {who}: {sorted(less - more)}"
            )


class EventTests(SynchronousTestCase):
    def test_listeners_are_told_the_same(self) -> None:
        """Whatever happens, the server's listeners hear what the replicas' hear."""
        if (reason := missing()) is not None:
            self.skipTest(reason)
        process = Replicas()
        process.start()
        self.addCleanup(process.close)
        seen: Counter[str] = Counter()
        count = 0

        @given(worlds(limited=False), steps)
        @settings(max_examples=examples(200, 10_000))
        def law(plan: WorldPlan, happened: list[Step]) -> None:
            nonlocal count
            stage = Stage(plan, process=process)
            stage.run(happened)
            seen.update(stage.labels)
            count += 1

        law()
        rare = {
            name for name in ("added", "chang", "remov") if seen[name] < SHARE * count
        }
        self.assertEqual(rare, set())
