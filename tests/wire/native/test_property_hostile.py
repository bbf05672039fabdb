"""Whatever bytes come, a reader takes or refuses them, at a price that they set."""

from __future__ import annotations

import contextlib
import json
import random
import tracemalloc
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import FieldError, PeerError
from nexus.state import Tree
from nexus.wire.codec import pack
from nexus.wire.native import Replica, merge, read_outline
from nexus.wire.native.op import Op
from nexus.wire.native.store import load, save
from tests import examples
from tests.support.node import DecodeError, Replicas, ReplicaVerb, Request, missing
from tests.wire.native.cast import Containers, Item
from tests.wire.native.mutate import bend, leads
from tests.wire.native.vectors import read

#: So many seeded inputs for all readers of Python together, and for JavaScript's.
COUNT = examples(200_000, 600_000)
SEED = 5
#: A payload may cost so much memory for each of its bytes, and so much beyond that.
PER_BYTE, BEYOND = 64, 256 << 10


class Target:
    """A story of the vectors: bytes to bend, and a Replica to take them."""

    def __init__(self, story: dict[str, Any], *, listening: bool = True) -> None:
        steps = story["steps"]
        self.outline = bytes.fromhex(story["outline"])
        self.known = read_outline(self.outline)
        self.snapshot = bytes.fromhex(steps[0]["snapshot"])
        self.patches = [bytes.fromhex(s["patch"]) for s in steps if "patch" in s]
        self.replica = Replica(self.outline)
        if listening:
            for name in self.known.classes[0].by_name:
                self.replica.on_add(name, lambda *_: None)
                self.replica.on_change(name, lambda *_: None)
        self.replica.apply_snapshot(self.snapshot)
        self.count = self.replica.count
        self.short = [each for each in self.patches if len(each) < 400]

    def patch(self, data: bytes) -> None:
        """Let the Replica take a patch; a snapshot mends it if it refuses."""
        replica = self.replica
        try:
            replica.apply_patch(leads(data, replica.version))
        except PeerError:
            replica.apply_snapshot(self.snapshot)
            assert replica.count == self.count
            return
        assert replica.steps <= replica.values <= 8 * len(data), data.hex()

    def take(self, data: bytes) -> None:
        """Let the Replica take a snapshot."""
        try:
            self.replica.apply_snapshot(data)
        except PeerError:
            return
        assert self.replica.values <= 8 * len(data), data.hex()

    def merge(self, data: bytes) -> None:
        """Merge a bent patch behind a good one."""
        with contextlib.suppress(PeerError):
            merge(self.known, [self.patches[0], leads(data, self.patches[0][0] + 1)])

    def read(self, data: bytes) -> None:
        """Read an outline."""
        with contextlib.suppress(PeerError):
            read_outline(data)


def targets() -> list[Target]:
    """Return a target for each file of the vectors."""
    return [Target(story) for story in read().values()]


def stored() -> bytes:
    """Return what a store keeps of a small tree."""
    root = Containers(items={"a": Item(hp=1)}, path=[1, 2], scores={"x": 1})
    root.ref = Item(hp=2, tags=["t"])
    root.ref.owner = "ada"
    return save(Tree(root))


def restore(data: bytes) -> None:
    """Make a tree of what a store might have kept."""
    with contextlib.suppress(PeerError, FieldError):
        load(data, Containers)


def cost(act: Callable[[bytes], object], data: bytes) -> int:
    """Return how much memory something takes at its most."""
    tracemalloc.start()
    try:
        act(data)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


class SeededTests(SynchronousTestCase):
    def throw(self, act: Callable[[bytes], object], data: bytes, number: int) -> None:
        """Let something take an input; now and then, see what it costs."""
        try:
            if number % 100 and len(data) <= 2000:
                act(data)
                return
            spent = cost(act, data)
        except Exception as error:
            raise AssertionError(f"{act}, input {number}: {data.hex()}") from error
        if spent > PER_BYTE * len(data) + BEYOND:
            self.fail(f"{act}: {spent} bytes for {len(data)}: {data.hex()[:400]}")

    def test_patches(self) -> None:
        """Bent patches and snapshots are taken, or refused with a PeerError."""
        chance = random.Random(SEED)
        all_targets = targets()
        for number in range(COUNT * 6 // 10):
            target = chance.choice(all_targets)
            if chance.random() < 0.15:
                self.throw(target.take, bend([target.snapshot], chance), number)
            else:
                data = bend(target.short or target.patches, chance)
                self.throw(target.patch, data, number)

    def test_merging(self) -> None:
        """Merging bent patches gives a patch or a PeerError."""
        chance = random.Random(SEED + 1)
        all_targets = [target for target in targets() if target.short]
        for number in range(COUNT * 2 // 10):
            target = chance.choice(all_targets)
            self.throw(target.merge, bend(target.short, chance), number)

    def test_outlines(self) -> None:
        """Bent outlines are read, or refused with a PeerError."""
        chance = random.Random(SEED + 2)
        all_targets = targets()
        samples = [target.outline for target in all_targets]
        short = [data for data in samples if len(data) < 300]
        for number in range(COUNT * 15 // 100):
            data = bend(short if number % 8 else samples, chance)
            self.throw(all_targets[0].read, data, number)

    def test_stores(self) -> None:
        """What a store bent is loaded, or refused with a PeerError or FieldError."""
        chance = random.Random(SEED + 3)
        sample = stored()
        for number in range(COUNT * 5 // 100):
            self.throw(restore, bend([sample], chance), number)


class DrawnTests(SynchronousTestCase):
    @given(st.randoms(use_true_random=False), st.lists(st.binary(max_size=40)))
    @settings(max_examples=examples(1250, 10_000))
    def test_any_bytes(self, chance: random.Random, parts: list[bytes]) -> None:
        """Drawn bytes, alone and bent into good ones, are taken or refused."""
        target = TARGETS[chance.randrange(len(TARGETS))]
        data = bend([*target.patches, *parts], chance)

        for act in (target.patch, target.take, target.merge, target.read, restore):
            act(data)


TARGETS = targets()


class AmplificationTests(SynchronousTestCase):
    """Payloads that would cost much if nobody counted."""

    #: The numbers of the classes of the vectors' containers, and of their fields.
    ROOT, ITEM = 0, 1
    TAGS = 4

    def setUp(self) -> None:
        """Choose the vectors with a container of each sort."""
        self.target = Target(read()["map"], listening=False)
        names = [cls.name for cls in self.target.known.classes]
        self.assertEqual(names[: self.ITEM + 1], ["Containers", "Item"])

    def run_of(self, count: int) -> bytes:
        """Return so many ids as a run, in a few bytes."""
        out, rest = bytearray(b"\0\xe8\7"), count
        while rest > 127:
            out.append(rest & 127 | 128)
            rest >>= 7
        return pack(bytes(out) + bytes([rest]))

    def check(self, body: bytes) -> None:
        """Check what a payload costs a Replica, and a merge."""
        data = pack(0) + body
        for act in (self.target.patch, self.target.merge):
            spent = cost(act, data)
            limit = PER_BYTE * len(data) + BEYOND
            self.assertLessEqual(spent, limit, f"{act} of {len(data)} bytes")

    def test_runs_of_hides(self) -> None:
        """A hide of a run of ids costs no more than its bytes pay for."""
        head = pack(int(Op.HIDE)) + pack(self.ITEM) + pack(1)
        self.check(head + self.run_of(70_000) + b"\xc0" * 10_000)

    def test_runs_of_creates(self) -> None:
        """A create without fields costs no more than its bytes pay for."""
        head = pack(int(Op.CREATE)) + pack(self.ITEM) + pack(0)
        for count in (1_600, 70_000, 1 << 40):
            self.check(head + self.run_of(count) + b"\xc0" * 10_000)

    def test_runs_of_containers(self) -> None:
        """An update that lets containers be there costs no more than it pays for."""
        head = pack(self.ITEM) + pack(2)
        for count in (60_000, 1 << 30):
            self.check(head + self.run_of(count) + b"\xc0" * 10_000)

    def test_ids_that_are_paid_for(self) -> None:
        """Ids that a few bytes name, and others pay for, cost no more than these."""
        item, root = pack(self.ITEM), pack(self.ROOT)
        for count in (500, 2_000, 20_000):
            ids, nils = self.run_of(count), b"\xc0" * count
            self.check(pack(int(Op.HIDE)) + item + pack(1) + ids + nils)
            self.check(item + pack(2) + ids + nils)
            self.check(item + pack(1) + ids + pack(bytes(count)) + nils[:20])
            self.check(root + pack(1 << 6) + ids + ids + nils + nils)
            self.check(root + pack(1 << 6) + ids + pack([None] * count))
            self.check(pack(int(Op.OWN)) + ids + pack([None] * count))
            self.check(pack(int(Op.CREATE)) + item + pack(0) + ids + nils * 6)

    def test_lone_operations(self) -> None:
        """Very many operations on one entity each cost no more than their bytes."""
        item, root = pack(self.ITEM), pack(self.ROOT)
        for ids in (range(100), range(1000, 1100), range(1000, 7_000)):
            packed = [pack(id_) for id_ in ids] * (6_000 // len(ids))
            for head, tail in (
                (item + b"\1", b"\2"),
                (pack(int(Op.HIDE)) + item + b"\1", b""),
                (pack(int(Op.CLEAR)) + root + b"\0", b""),
                (pack(int(Op.REMOVE)) + root + b"\0", b"\xa1k"),
                (pack(int(Op.ADD)) + item + b"\1", b"\xa1k"),
                (pack(int(Op.INSERT)) + root + b"\2", b"\0\1"),
                (pack(int(Op.OWN)), b"\xa1k"),
            ):
                self.check(b"".join(head + id_ + tail for id_ in packed))

    def test_many_containers(self) -> None:
        """Entities that each get an empty container cost no more than they pay for."""
        create = pack(int(Op.CREATE)) + pack(self.ITEM) + pack(2) + self.run_of(1000)
        clears = b"".join(
            pack(int(Op.CLEAR)) + pack(self.ITEM) + pack(1) + pack(1000 + i)
            for i in range(1000)
        )
        self.check(create + clears)

    def test_many_keys(self) -> None:
        """Short keys and short values cost no more than they pay for."""
        keys = [chr(33 + i % 90) + chr(33 + i // 90) for i in range(8000)]
        head = pack(int(Op.SET)) + pack(self.ROOT) + pack(0) + pack(0)
        self.check(head + pack(keys) + pack(bytes(2 * len(keys))))
        head = pack(int(Op.ADD)) + pack(self.ROOT) + pack(self.TAGS) + pack(0)
        self.check(head + pack(keys))

    def test_wide_classes(self) -> None:
        """Entities of a class with 63 fields cost no more than they pay for."""
        fields = [[f"f{i}", i % 3 and 2, 0, ["int8"]] for i in range(63)]
        outline = pack([1, b"12345678", 0, [["Wide", -1, fields]]])
        replica = Replica(outline)
        head = pack(1) + pack(b"12345678") + pack(int(Op.CREATE)) + pack(0) + pack(0)
        snapshot = head + pack(b"\0\0\xe8\7") + b"\xc0" * 13_100

        spent = cost(replica.apply_snapshot, snapshot)

        self.assertEqual(replica.count, 1)
        self.assertLessEqual(spent, PER_BYTE * len(snapshot) + BEYOND)


class JavaScriptTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Start a process."""
        if (reason := missing()) is not None:
            self.skipTest(reason)
        self.process = Replicas(timeout=examples(120, 900))
        self.process.start()
        self.addCleanup(self.process.close)

    def test_seeded_inputs(self) -> None:
        """The JavaScript replica takes or refuses bent payloads, and pays no more."""
        stories = list(read().values())
        for number, story in enumerate(stories):
            steps = story["steps"]
            asked = {
                "outline": story["outline"],
                "snapshot": steps[0]["snapshot"],
                "samples": [each["patch"] for each in steps if "patch" in each],
                "seed": SEED + number,
                "count": COUNT // len(stories) + 1,
            }
            if sum(len(sample) for sample in asked["samples"]) > 8000:
                asked["samples"] = sorted(asked["samples"], key=len)[:1]
            text = json.dumps(asked).encode()

            made = self.process.ask_one(ReplicaVerb.FUZZ, 0, text)

            self.assertGreater(made["accepted"], 0)
            self.assertGreater(made["refused"], 0)

    def test_drawn_inputs(self) -> None:
        """Drawn and bent bytes are taken, or refused with a PeerError."""
        for session, target in enumerate(TARGETS):
            self.process.ask_one(ReplicaVerb.OUTLINE, session, target.outline)

        @given(st.randoms(use_true_random=False), st.binary(max_size=60))
        @settings(max_examples=examples(1250, 10_000))
        def law(chance: random.Random, part: bytes) -> None:
            session = chance.randrange(len(TARGETS))
            target = TARGETS[session]
            version = target.patches[0][0]
            bent = [leads(bend([*target.patches, part], chance), version)]
            bent.append(bend([target.snapshot], chance))
            first = Request(ReplicaVerb.SNAPSHOT, session, target.snapshot)
            answers = self.process.ask(
                [
                    first,
                    Request(ReplicaVerb.PATCH, session, bent[0]),
                    first,
                    Request(ReplicaVerb.SNAPSHOT, session, bent[1]),
                ]
            )
            for answer in answers[1::2]:
                if isinstance(answer, DecodeError):
                    kind = str(answer).partition(":")[0]
                    assert kind in ("PeerError", "OutlineError"), (answer, bent)
            assert answers[0] is None and answers[2] is None

        law()
