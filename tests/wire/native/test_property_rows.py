"""Whatever happens to rows, readers hold what they must, patch by patch or merged."""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.wire.native import Replica, merge, plain, read_outline
from nexus.wire.native.rewrite import rewrite
from tests import examples
from tests.support.node import Replicas, ReplicaVerb, missing
from tests.wire.native.rowkit import (
    ALL,
    HP,
    MOOD,
    OUTLINE,
    PlainRows,
    X,
    payload,
)
from tests.wire.native.story import dump

KNOWN = read_outline(OUTLINE)
EVENTS = [
    (event, pattern)
    for event, patterns in (
        ("added", ("npcs", "*")),
        ("removed", ("npcs",)),
        ("changed", ("npcs.*.x", "npcs.*.*", "*.11.hp")),
    )
    for pattern in patterns
]
IDS = range(10, 22)
CELLS = range(3)


def _values(chance: random.Random, mask: int, count: int) -> dict[int, list[Any]]:
    """Return a column for each bit of a mask."""
    makers = {
        X: lambda: chance.randrange(4) / 2,
        HP: lambda: chance.randrange(3),
        MOOD: lambda: chance.randrange(2),
    }
    return {
        bit: [make() for _ in range(count)]
        for bit, make in makers.items()
        if bit & mask
    }


def happen(chance: random.Random, held: PlainRows) -> bytes:
    """Let something happen to rows, and return the operation that says so."""
    some = sorted(chance.sample(IDS, chance.randint(1, 5)))
    mask, cell = chance.choice([X, HP, X | HP, MOOD, ALL]), chance.choice(CELLS)
    match chance.choice(["rows"] * 5 + ["write"] * 6 + ["part"] * 3 + [*"dkvc"]):
        case "rows":
            mask = chance.choice([0, mask, ALL])
            return held.rows(cell, some, _values(chance, mask, len(some)))
        case "write":
            there = [id_ for id_ in some if id_ in held.held]
            if not there:
                return b"\xc0"
            return held.write(there, _values(chance, mask, len(there)))
        case "part":
            return held.part(cell, some)
        case "d":
            return held.drop(sorted(chance.sample(CELLS, chance.randint(1, 2))))
        case "k":
            return held.keep(cell, chance.choice([some, some[:1], []]))
        case "v":
            return held.veil(mask)
        case _:
            return held.clear() if chance.random() < 0.3 else b"\xc0"


def first(chance: random.Random) -> tuple[PlainRows, bytes]:
    """Return rows to begin with, and the snapshot of them."""
    held, said = PlainRows(), []
    for cell in CELLS:
        ids = [id_ for id_ in IDS if id_ % len(CELLS) == cell and chance.random() < 0.7]
        if ids:
            said.append(held.rows(cell, ids, _values(chance, ALL, len(ids))))
    return held, payload(*said)


def seen(replica: Replica) -> dict[int, tuple[int, dict[str, Any]]]:
    """Return what a Replica holds, as PlainRows do."""
    rows = replica.state.npcs
    assert list(rows) == list(rows.ids())
    for name in ("x", "hp", "mood"):
        by_row = [getattr(rows[id_], name, None) for id_ in rows]
        assert rows.column(name) == by_row
    return {id_: (rows.cell(id_), plain(row)) for id_, row in rows.items()}


def listen(replica: Replica) -> list[str]:
    """Take down what a Replica tells."""
    told: list[str] = []
    for event, pattern in EVENTS:
        method = {"added": "on_add", "removed": "on_remove"}.get(event, "on_change")

        def note(*said: Any, event: str = event) -> None:
            *values, path = said
            values = [plain(value) for value in values]
            told.append(_entry(event, values if event != "removed" else [], path))

        getattr(replica, method)(pattern, note)
    return told


def _entry(event: str, values: list[Any], path: Any) -> str:
    """Return a call as text; numbers are floats."""
    flat = json.loads(json.dumps(values, sort_keys=True), parse_int=float)
    return repr((event, flat, list(path)))


def expected(
    before: dict[int, tuple[int, dict[str, Any]]],
    after: dict[int, tuple[int, dict[str, Any]]],
) -> list[str]:
    """Return what must be told of a difference."""
    told = []
    for id_ in sorted({*before, *after}):
        if id_ not in after:
            told.append(_entry("removed", [], ("npcs", id_)))
        elif id_ not in before:
            come = _entry("added", [after[id_][1]], ("npcs", id_))
            told += [come, come]
        else:
            was, now = before[id_][1], after[id_][1]
            for name in ("x", "hp", "mood"):
                if was.get(name) != now.get(name):
                    values = [now.get(name), was.get(name)]
                    other = _entry("changed", values, ("npcs", id_, name))
                    times = 1 + (name == "x") + (id_ == 11 and name == "hp")
                    told += [other] * times
    return told


class LawTests(SynchronousTestCase):
    @given(st.randoms(use_true_random=False), st.integers(1, 12))
    @settings(max_examples=examples(test=300, soak=20_000))
    def test_a_replica_follows(self, chance: random.Random, count: int) -> None:
        """A Replica holds what each operation leads to, and tells the difference."""
        held, snapshot = first(chance)
        replica = Replica(OUTLINE)
        told = listen(replica)
        replica.apply_snapshot(snapshot)
        told.clear()
        for _ in range(count):
            before = dict(held.held)
            said = [happen(chance, held) for _ in range(chance.randint(1, 4))]

            replica.apply_patch(payload(*said, version=replica.version))

            self.assertEqual(seen(replica), held.held)
            self.assertEqual(Counter(told), Counter(expected(before, held.held)))
            told.clear()

    @given(st.randoms(use_true_random=False), st.integers(1, 12))
    @settings(max_examples=examples(test=600, soak=50_000))
    def test_merged_is_the_same(self, chance: random.Random, count: int) -> None:
        """One merged patch does what the patches do one by one, whatever was held."""
        held, snapshot = first(chance)
        replica = Replica(OUTLINE)
        replica.apply_snapshot(snapshot)
        patches = [
            payload(
                *(happen(chance, held) for _ in range(chance.randint(1, 3))),
                version=5 + at,
            )
            for at in range(count)
        ]
        cut = chance.randint(0, count)
        parts = [each for each in (patches[:cut], patches[cut:]) if each]

        replica.apply_patch(merge(KNOWN, [merge(KNOWN, part) for part in parts]))

        self.assertEqual((seen(replica), replica.version), (held.held, 5 + count))

    @given(st.randoms(use_true_random=False), st.integers(0, 8))
    @settings(max_examples=examples(test=200, soak=10_000))
    def test_a_snapshot_is_a_difference(
        self, chance: random.Random, count: int
    ) -> None:
        """What a snapshot changes is told, and what is rewritten is the same."""
        held, snapshot = first(chance)
        other, ahead = Replica(OUTLINE), Replica(OUTLINE)
        told = listen(other)
        for each in (other, ahead):
            each.apply_snapshot(snapshot)
        before = dict(held.held)
        for _ in range(count):
            ahead.apply_patch(payload(happen(chance, held), version=ahead.version))
        told.clear()
        rows = other.state.npcs

        other.apply_snapshot(rewrite(ahead))

        self.assertIs(other.state.npcs, rows)
        self.assertEqual(seen(other), held.held)
        self.assertEqual(Counter(told), Counter(expected(before, held.held)))

    def test_javascript_follows(self) -> None:
        """The JavaScript replica holds the same, and tells the same."""
        if (reason := missing()) is not None:
            self.skipTest(reason)
        process = Replicas()
        process.start()
        self.addCleanup(process.close)
        sessions = iter(range(1 << 30))

        @given(st.randoms(use_true_random=False), st.integers(1, 8))
        @settings(max_examples=examples(test=150, soak=10_000))
        def law(chance: random.Random, count: int) -> None:
            session = next(sessions)
            held, snapshot = first(chance)
            replica = Replica(OUTLINE)
            process.ask_one(ReplicaVerb.OUTLINE, session, OUTLINE)
            listening = json.dumps(EVENTS).encode()
            process.ask_one(ReplicaVerb.LISTEN, session, listening)

            def both(verb: ReplicaVerb, data: bytes, before: Any) -> None:
                if verb is ReplicaVerb.PATCH:
                    replica.apply_patch(data)
                else:
                    replica.apply_snapshot(data)
                process.ask_one(verb, session, data)
                have = process.ask_one(ReplicaVerb.DUMP, session)
                self.assertEqual(_floats(have), _floats(dump(replica.state)))
                answer = process.ask_one(ReplicaVerb.EVENTS, session)
                told = [
                    _entry(event, values if event != "removed" else [], path)
                    for event, (*values, path) in answer
                ]
                self.assertEqual(Counter(told), Counter(expected(before, held.held)))

            both(ReplicaVerb.SNAPSHOT, snapshot, {})
            for _ in range(count):
                before = dict(held.held)
                said = [happen(chance, held) for _ in range(chance.randint(1, 4))]
                patch = payload(*said, version=replica.version)
                if chance.random() < 0.2:
                    ahead = Replica(OUTLINE)
                    ahead.apply_snapshot(rewrite(replica))
                    ahead.apply_patch(patch)
                    both(ReplicaVerb.SNAPSHOT, rewrite(ahead), before)
                else:
                    both(ReplicaVerb.PATCH, patch, before)
            process.ask_one(ReplicaVerb.DROP, session)

        law()


def _floats(value: Any) -> Any:
    """Return what JSON makes of a dump: it tells no 1 from 1.0."""
    return json.loads(json.dumps(value), parse_int=float)
