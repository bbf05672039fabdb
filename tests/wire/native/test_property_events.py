"""The server's own listeners are told what the clients' are told."""

from __future__ import annotations

import ast
import json
from collections import Counter
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from attrs import define, field
from hypothesis import given, settings
from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from nexus.errors import PeerError
from nexus.state import State, View
from nexus.wire.native import Mirror
from tests import examples
from tests.model import canonical_dump, expected, mirrored
from tests.strategies import WorldPlan, steps, worlds
from tests.support.node import Replicas, ReplicaVerb, Request, missing
from tests.support.world import JavaScript, Native, Step, World

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: In at least so many of all sequences each event occurs.
SHARE = 0.02
#: Entities of a class may stand below each other; nobody listens further down.
DEPTH = 3
#: A star stands for a field, too.
STARS = {
    (event, "*" + ".*" * more)
    for event in ("added", "changed", "removed")
    for more in range(4)
}


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
        wanted = sorted(patterns(type(self.tree.root)) | self.stars())
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

    def stars(self) -> set[tuple[str, str]]:
        """Return patterns of stars, if clients see all that the server has."""
        fields = [
            each for cls in self.tree.outline.classes for each in cls.__layout__.fields
        ]
        return set() if any(each.said.server_only for each in fields) else STARS

    @override
    def flush(self) -> None:
        """Flush, tell everybody, and compare what they heard."""
        native, script = self.watchers
        assert isinstance(native, Native)
        assert isinstance(script, JavaScript)
        assert self.process is not None
        flush = self.flushed()
        patch = self.encoder.patch(flush, native.view)
        if patch and self.chance.random() < 0.3:
            self.spoil(native, script, patch)
        else:
            native.follow(flush)
            script.follow(flush)
        flush.tell()
        script.tell(ReplicaVerb.EVENTS)
        *_, answer = script.heed()
        also = [entry(event, *map(canonical_dump, said)) for event, said in answer]
        for event in self.heard:
            self.label(event[2:7])
        self.judge(also)
        for calls in (self.told, self.heard, also):
            in_order(calls)
        self.told.clear()
        self.heard.clear()

    def spoil(self, native: Native, script: JavaScript, patch: bytes) -> None:
        """Send a patch that breaks off somewhere, then a snapshot."""
        assert self.process is not None
        self.label("spoiled")
        cut = self.chance.randint(0, len(patch))
        # One byte more than what is missing: a bin may swallow the others.
        broken = patch[:cut] + b"\xc1" * (len(patch) - cut + 1)
        try:
            native.replica.apply_patch(broken)
        except PeerError:
            pass
        else:
            raise AssertionError(f"not refused: {broken.hex()}")
        request = Request(ReplicaVerb.PATCH, script.session, broken)
        [answer] = self.process.ask([request])
        if not str(answer).startswith("PeerError"):
            raise AssertionError(f"{answer} for {broken.hex()}")
        native.rejoin()
        script.rejoin()

    def judge(self, also: list[str]) -> None:
        """Check that the replicas heard what the server's listeners heard."""
        agree("the server", self.told, "the Python replica", self.heard)
        agree("the server", self.told, "the JavaScript replica", also)


class Guests(Stage):
    """A world that its clients see in part."""

    @override
    def judge(self, also: list[str]) -> None:
        """Check that both replicas heard the same."""
        agree("the Python replica", self.heard, "the JavaScript replica", also)


def agree(one: str, told: list[str], other: str, heard: list[str]) -> None:
    """Check that two heard the same, in whatever order."""
    more, less = Counter(told), Counter(heard)
    if more != less:
        raise AssertionError(
            f"only {one}: {sorted(more - less)}\nonly {other}: {sorted(less - more)}"
        )


def in_order(calls: list[str]) -> None:
    """Check that what went comes first, then what came, then what changed.

    Of what went and what came, an entity comes before what stands below it.
    """
    events = ["removed", "added", "changed"]
    found = [ast.literal_eval(call) for call in calls]
    ranks = [events.index(event) for event, *_ in found]
    if ranks != sorted(ranks):
        raise AssertionError(f"one after the other: {calls}")
    first: dict[tuple[str, str], int] = {}
    for at, (event, _, path) in enumerate(found):
        first.setdefault((event, repr(path)), at)
    for at, (event, _, path) in enumerate(found):
        for end in range(1, len(path) if event != "changed" else 0):
            if first.get((event, repr(path[:end])), -1) > at:
                raise AssertionError(f"{path} comes too early: {calls}")


class EventTests(SynchronousTestCase):
    def hold(self, make: type[Stage], *, limited: bool) -> None:
        """Check the law for worlds of one sort."""
        if (reason := missing()) is not None:
            self.skipTest(reason)
        process = Replicas()
        process.start()
        self.addCleanup(process.close)
        seen: Counter[str] = Counter()
        count = 0

        @given(worlds(limited=limited), steps)
        @settings(max_examples=examples(200, 10_000))
        def law(plan: WorldPlan, happened: list[Step]) -> None:
            nonlocal count
            stage = make(plan, process=process)
            stage.run(happened)
            seen.update(stage.labels)
            count += 1

        law()
        wanted = ("added", "chang", "remov", "spoiled")
        rare = {name for name in wanted if seen[name] < SHARE * count}
        self.assertEqual(rare, set())

    def test_listeners_are_told_the_same(self) -> None:
        """Whatever happens, the server's listeners hear what the replicas' hear."""
        self.hold(Stage, limited=False)

    def test_guests_are_told_the_same(self) -> None:
        """Whoever sees a part is told the same in both languages."""
        self.hold(Guests, limited=True)
