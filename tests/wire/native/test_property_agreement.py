"""The Python and the JavaScript replica take, and refuse, the same payloads."""

from __future__ import annotations

import math
import random
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import OutlineError, PeerError
from nexus.wire.codec import pack
from nexus.wire.native import Replica
from nexus.wire.native.op import Op
from tests import examples
from tests.model import canonical_dump, mirrored, same
from tests.support.node import DecodeError, Replicas, ReplicaVerb, Request, missing
from tests.wire.native.mutate import EDGES, bend, leads
from tests.wire.native.test_property_hostile import TARGETS, Target

#: All types.
TYPES: list[list[Any]] = [
    *([name] for name in ("bool", "number", "str", "bytes", "datetime")),
    *([f"{sign}int{bits}"] for sign in ("", "u") for bits in (8, 16, 32, 64)),
    ["float32"],
    ["float64"],
    ["quantized", 0.0, 10.0, 8, 0],
    ["quantized", -1.0, 1.0, 16, 0],
    ["quantized", 0, 360, 32, 1],
    ["enum", "A", "B"],
]
WHOLE = [
    sign * (1 << bits) + more
    for sign in (1, -1)
    for bits in (0, 7, 8, 15, 16, 24, 31, 32, 53, 63)
    for more in (-1, 0, 1)
]
VALUES: list[Any] = [
    *(whole for whole in WHOLE if whole >= -(1 << 63)),
    *((1 << 64) - 1, None, True, False, 0.0, -0.0, 0.1, 1.5, 1.0, 1e300, 1e39),
    *(16777217.0, 5e-324, math.nan, math.inf, -math.inf, 2.0**53, 2.0**60),
    *("", "A", "\ufeff", "é" * 30, b"", b"\0", b"12345678"),
    *(253402300799999, 253402300800000, -62135596800001),
]
COUNT = examples(6_000, 200_000)
SEED = 11


def spoken(value: Any) -> Any:
    """Return a canonical form with floats that JSON does not have by their names."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {key: spoken(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(spoken(entry) for entry in value)
    return value


class AgreementTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Start a process with a replica for each story of the vectors."""
        if (reason := missing()) is not None:
            self.skipTest(reason)
        self.process = Replicas(timeout=examples(120, 900))
        self.process.start()
        self.addCleanup(self.process.close)
        for session, target in enumerate(TARGETS):
            self.process.ask_one(ReplicaVerb.OUTLINE, session, target.outline)

    def test_values(self) -> None:
        """Both take the same values for each type, alone and as one of an array."""
        fields = [[f"f{i}", 0, 1, [*kind]] for i, kind in enumerate(TYPES)]
        fields.append(["set", 3, 0, ["number"]])
        outline = pack([1, b"12345678", 0, [["All", -1, fields]]])
        head = pack(3) + pack(b"12345678")
        create = pack(int(Op.CREATE)) + pack(0) + pack(1 << len(TYPES)) + pack(0)
        target = Target.__new__(Target)
        target.outline, target.snapshot = outline, head + create + b"\xc0" * 20
        session = len(TARGETS)
        self.process.ask_one(ReplicaVerb.OUTLINE, session, outline)
        items = [pack(value) for value in VALUES] + [b"\xca\x3d\xcc\xcc\xcd", *EDGES]
        add = pack(int(Op.ADD)) + pack(0) + pack(len(TYPES)) + pack(0)

        taken = 0
        for item in items:
            for i in range(len(TYPES)):
                for one in (item, b"\x91" + item):
                    data = pack(3) + pack(0) + pack(1 << i) + pack(0) + one
                    taken += self.compare(session, target, ReplicaVerb.PATCH, data)
            for more in (item, b"\x92\x00" + item, b"\x91\x01" + add + item):
                data = pack(3) + add + more
                taken += self.compare(session, target, ReplicaVerb.PATCH, data)

        self.assertGreater(taken, len(items))

    def compare(
        self, session: int, target: Target, verb: ReplicaVerb, data: bytes
    ) -> bool:
        """Compare what becomes of a payload; return whether it was taken."""
        held = Replica(target.outline)
        held.apply_snapshot(target.snapshot)
        try:
            if verb is ReplicaVerb.PATCH:
                held.apply_patch(data)
            else:
                held.apply_snapshot(data)
        except (PeerError, OutlineError) as error:
            refused = str(error)
        else:
            refused = ""

        _, answer, dump, count, version = self.process.ask(
            [
                Request(ReplicaVerb.SNAPSHOT, session, target.snapshot),
                Request(verb, session, data),
                Request(ReplicaVerb.DUMP, session),
                Request(ReplicaVerb.COUNT, session),
                Request(ReplicaVerb.VERSION, session),
            ]
        )

        said = f"{verb.name} {data.hex()} of {target.outline.hex()}"
        if bool(refused) != isinstance(answer, DecodeError):
            self.fail(f"Python {refused!r}, JavaScript {answer}: {said}")
        if not refused:
            have, other = spoken(mirrored(held.state)), canonical_dump(dump)
            if not same(have, other):
                self.fail(f"Python {have}\nJavaScript {other}\n{said}")
            self.assertEqual((held.count, held.version), (count, version), said)
        return not refused

    def test_bent_payloads(self) -> None:
        """Bent patches and snapshots lead both to the same State, or to none."""
        chance = random.Random(SEED)
        taken = 0
        for _ in range(COUNT):
            session = chance.randrange(len(TARGETS))
            target = TARGETS[session]
            if chance.random() < 0.2:
                data = bend([target.snapshot], chance)
                taken += self.compare(session, target, ReplicaVerb.SNAPSHOT, data)
            else:
                version = target.patches[0][0]
                data = leads(bend(target.short or target.patches, chance), version)
                taken += self.compare(session, target, ReplicaVerb.PATCH, data)

        self.assertGreater(taken, COUNT // 20)
