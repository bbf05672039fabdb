"""The official decoders answer what the recordings of the real servers say."""

from __future__ import annotations

import os
from typing import Any
from unittest.mock import patch

from twisted.trial.unittest import SynchronousTestCase

from tests.support.node import (
    MAJORS,
    DecodeError,
    Decoder,
    DecoderGone,
    Request,
    Verb,
    missing,
)

#: State{m: map of P, n: map of number}, P{x: number, y: number}; schema-map.json
MAPS = bytes.fromhex(
    "8001ff01800002800106ff0280008203ff03800004800105ff0480a16d81a36d61708201"
    "ff0580a16e81a36d617082ff83a66e756d626572ff0680018207ff07800008800109"
    "ff0880a17881a66e756d626572ff0980a17981a66e756d626572"
)
#: State{a: uint8, s: string, p: P}, the same in every major; schema-fields.json
FIELDS = bytes.fromhex(
    "8001ff01800002800107ff0280008203ff03800004800105800206"
    "ff0480a16181a575696e7438ff0580a17381a6737472696e67ff0680a17081a37265668201"
    "ff0780018208ff0880000980010aff0980a17881a66e756d626572"
    "ff0a80a17981a66e756d626572"
)
#: State{s: set of number, c: collection of string, sr, cr: the same of P{x, y};
#: schema-set-collection.json
SETS = bytes.fromhex(
    "8001ff01800002800108ff0280008203ff03800004800105800206800307"
    "ff0480a17381a373657482ff83a66e756d626572"
    "ff0580a16381aa636f6c6c656374696f6e82ff83a6737472696e67"
    "ff0680a2737281a37365748201ff0780a2637281aa636f6c6c656374696f6e8201"
    "ff0880018209ff0980000a80010bff0a80a17881a66e756d626572"
    "ff0b80a17981a66e756d626572"
)
#: State{v: float64}
FLOAT = bytes.fromhex(
    "8001ff01800002ff0280008203ff03800004ff0480a17681a7666c6f61743634"
)
#: State{v: bigint64}
BIGINT = bytes.fromhex(
    "8001ff01800002ff0280008203ff03800004ff0480a17681a8626967696e743634"
)


class MissingTests(SynchronousTestCase):
    def test_reason(self) -> None:
        """What is not installed is named."""
        with patch.dict(os.environ, {"NEXUS_NODE_MODULES": self.mktemp(), "CI": ""}):
            reason = missing()

        self.assertIsNotNone(reason)

    def test_ci(self) -> None:
        """A CI run may not skip what is not installed."""
        with patch.dict(os.environ, {"NEXUS_NODE_MODULES": self.mktemp(), "CI": "1"}):
            self.assertRaises(RuntimeError, missing)


class DecoderTests(SynchronousTestCase):
    skip = missing()

    def start(self, major: int) -> Decoder:
        """Give a running process, which ends with the test."""
        decoder = Decoder(major)
        decoder.start()
        self.addCleanup(decoder.close)
        return decoder

    def see(self, decoder: Decoder, reflection: bytes, *payloads: str) -> Any:
        """Decode payloads in a session of their own and give its state."""
        decoder.handshake(1, reflection)
        for payload in payloads:
            decoder.decode(1, bytes.fromhex(payload))
        return decoder.dump(1)

    def test_fields(self) -> None:
        """Every major shows the fields that are set and the objects in them."""
        for decoder in map(self.start, MAJORS):
            state = self.see(decoder, FIELDS, "800181a178", "8201ff0180018102", "41")

            self.assertEqual(state, {"a": 1, "p": {"x": 1, "y": 2}})

    def test_order(self) -> None:
        """A map comes in the order of its entries, an object in that of its fields."""
        state = self.see(
            self.start(5),
            MAPS,
            "80018102ff018000a16103ff0380018102ff028000a16b01",
            "ff018001a16204ff0480038104",
            "ff014000",
            "ff028001a17aca0000c0bf8002a2c3a903",
        )

        self.assertEqual(
            state,
            {
                "m": {"$map": [["b", {"x": 3, "y": 4}]]},
                "n": {"$map": [["k", 1], ["z", -1.5], ["é", 3]]},
            },
        )

    def test_sets(self) -> None:
        """A set and a collection are told apart from a list."""
        state = self.see(
            self.start(5),
            SETS,
            "8001810282038304ff01800001800102ff028000a1618001a161"
            "ff03800005ff0580018101ff04800006ff0680028102",
            "ff014000",
        )

        self.assertEqual(state["s"], {"$set": [2]})
        self.assertEqual(state["c"], {"$collection": ["a", "a"]})

    def test_odd_numbers(self) -> None:
        """What JSON has no number for keeps its value."""
        decoder = self.start(5)
        seen = {
            name: self.see(decoder, FLOAT, "80" + name)["v"]
            for name in (
                "000000000000f87f",
                "000000000000f0ff",
                "0000000000000080",
                "000000000000f043",
            )
        }

        self.assertEqual(
            list(seen.values()),
            [{"$float": "nan"}, {"$float": "-inf"}, {"$float": "-0"}, 2.0**64],
        )
        self.assertEqual(
            self.see(decoder, BIGINT, "80feffffffffffffff"), {"v": {"$int": "-2"}}
        )

    def test_refs(self) -> None:
        """An object that leaves the state leaves the decoder's table."""
        for decoder in map(self.start, MAJORS):
            self.see(decoder, FIELDS, "8201ff0180018102")
            before = decoder.refs(1)
            decoder.decode(1, bytes.fromhex("42"))

            self.assertEqual((before, decoder.refs(1)), (2, 1))

    def test_resync(self) -> None:
        """Only major 5 removes what a later full state does not mention."""
        full = bytes.fromhex("80018102ff028000a16b018001a16c02")
        later = bytes.fromhex("80018102ff028001a16c02")
        decoder = self.start(5)
        decoder.handshake(1, MAPS)
        decoder.resync(1, full)
        decoder.resync(1, later)

        self.assertEqual(decoder.dump(1)["n"], {"$map": [["l", 2]]})

    def test_complaint(self) -> None:
        """What a decoder only prints on its console is an error."""
        for decoder in map(self.start, MAJORS):
            decoder.handshake(1, FIELDS)

            payload = bytes.fromhex("ff098001")
            error = self.assertRaises(DecodeError, decoder.decode, 1, payload)

            self.assertIn('"refId" not found: 9', str(error))

    def test_batch(self) -> None:
        """A Request that fails does not keep the ones behind it from an answer."""
        decoder = self.start(5)
        answers = decoder.ask(
            [
                Request(Verb.HANDSHAKE, 1, FIELDS),
                Request(Verb.HANDSHAKE, 2, FIELDS),
                Request(Verb.DECODE, 1, b"\x80\x07"),
                Request(Verb.DUMP, 1),
                Request(Verb.DUMP, 3),
                Request(Verb.DUMP, 2),
            ]
        )

        self.assertIsInstance(answers.pop(4), DecodeError)
        self.assertEqual(answers, [None, None, None, {"a": 7}, {}])

    def test_what_is_told_goes_ahead(self) -> None:
        """What was put by is carried out before what is asked, in one round trip."""
        decoder = self.start(5)
        shaken = decoder.tell(Verb.HANDSHAKE, 1, FIELDS)
        decoded = decoder.tell(Verb.DECODE, 1, b"\x80\x07")

        self.assertEqual(decoder.dump(1), {"a": 7})
        self.assertEqual([shaken.answer(), decoded.answer()], [None, None])

    def test_answer_is_asked_for(self) -> None:
        """A wanted answer is got, and an error is told only to who caused it."""
        decoder = self.start(5)
        wrong = decoder.tell(Verb.DUMP, 3)
        decoder.tell(Verb.HANDSHAKE, 1, FIELDS)
        dumped = decoder.tell(Verb.DUMP, 1)

        self.assertEqual(dumped.answer(), {})
        for _ in range(2):
            self.assertRaises(DecodeError, wrong.answer)

    def test_drop(self) -> None:
        """A dropped session is unknown."""
        decoder = self.start(5)
        decoder.handshake(1, FIELDS)
        decoder.drop(1)

        self.assertRaises(DecodeError, decoder.dump, 1)

    def test_watch(self) -> None:
        """A session whose changes are collected decodes the same."""
        for decoder in map(self.start, MAJORS):
            decoder.handshake(1, FIELDS)
            decoder.watch(1)
            decoder.decode(1, bytes.fromhex("8201ff0180018102"))

            self.assertEqual(decoder.dump(1), {"p": {"x": 1, "y": 2}})

    def test_timeout(self) -> None:
        """A process that does not answer in time is killed and can be started again."""
        with Decoder(5, timeout=0.0) as decoder:
            self.assertRaises(DecoderGone, decoder.dump, 1)
            self.assertRaises(DecoderGone, decoder.dump, 1)
            decoder.timeout = 10.0
            decoder.start()

            decoder.handshake(1, FIELDS)
