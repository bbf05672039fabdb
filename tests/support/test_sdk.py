"""The kit that plays with the official SDKs tells what they are, see and suffer."""

from __future__ import annotations

import json
import math
import os
import socket
from datetime import UTC, datetime
from unittest.mock import patch

from twisted.trial.unittest import SynchronousTestCase

from nexus.wire.plain import UNDEFINED
from tests.support.part import packages
from tests.support.sdk import (
    PACKAGES,
    Sdk,
    SdkError,
    SdkVerb,
    missing,
    shared,
)
from tests.support.sdk_value import BigInt, JsMap, spell


class PackageTests(SynchronousTestCase):
    skip = missing()

    def test_versions(self) -> None:
        """Each SDK is the one that was asked for, and reads with its own schema."""
        for version, expected in PACKAGES.items():
            home = packages() / f"sdk{version}"
            package = json.loads((home / "package.json").read_text("utf-8"))
            inner = home / "node_modules"
            schemas = inner if (inner / "@colyseus/schema").is_dir() else packages()
            path = schemas / "@colyseus/schema/package.json"
            schema = json.loads(path.read_text("utf-8"))

            found = (package["name"], package["version"], schema["version"])
            self.assertEqual(found, expected)

    def test_missing(self) -> None:
        """What is not installed is named, and in a CI run may not be skipped."""
        with patch.dict(os.environ, {"NEXUS_NODE_MODULES": self.mktemp(), "CI": ""}):
            self.assertIn("npm ci", missing() or "")
            os.environ["CI"] = "1"
            self.assertRaises(RuntimeError, missing)


class ValueTests(SynchronousTestCase):
    skip = missing()

    def test_values(self) -> None:
        """A value of every kind comes back from JavaScript as it went."""
        values = [
            None,
            UNDEFINED,
            True,
            -(2**53) + 1,
            2**53 - 1,
            0.1,
            1e300,
            math.inf,
            -math.inf,
            "",
            "snow \N{SNOWMAN} \U0001f600 \0",
            b"",
            b"\x00\xff",
            datetime(2024, 2, 29, 12, 30, 0, 250_000, UTC),
            datetime(1969, 12, 31, tzinfo=UTC),
            [],
            {},
            [None, [UNDEFINED, {"a": b"\x01"}]],
            {"$undefined": True},
            {"$map": [], "__proto__": 1, "constructor": {"x": None}},
        ]

        self.assertEqual(shared("18").echo(values), values)

    def test_odd_values(self) -> None:
        """NaN, negative zero, a bigint, a Map and a Set are what they are there."""
        sdk = shared("18")

        self.assertTrue(math.isnan(sdk.echo(math.nan)))
        self.assertEqual(math.copysign(1, sdk.echo(-0.0)), -1)
        self.assertIsInstance(sdk.echo(BigInt(2**60)), BigInt)
        self.assertEqual(sdk.echo(BigInt(2**60)), 2**60)
        self.assertEqual(sdk.echo(JsMap([(1, "a"), ("1", "b")])), {1: "a", "1": "b"})
        self.assertEqual(sdk.echo({3}), [3])
        self.assertRaises(TypeError, spell, object())


class SdkTests(SynchronousTestCase):
    skip = missing()

    def test_nobody_there(self) -> None:
        """An endpoint where nobody listens is an error of the SDK, soon."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        for version in PACKAGES:
            join = shared(version).join
            self.assertRaises(SdkError, join, f"ws://127.0.0.1:{port}", "echo")

    def test_silence(self) -> None:
        """Where nobody answers, the time that a bot waits is bounded."""
        with socket.create_server(("127.0.0.1", 0)) as silent:
            endpoint = f"ws://127.0.0.1:{silent.getsockname()[1]}"
            for version in PACKAGES:
                error = self.assertRaises(
                    SdkError,
                    shared(version).enter,
                    endpoint=endpoint,
                    method="create",
                    name="echo",
                    options={},
                    timeout=0.2,
                )
                self.assertEqual(error.name, "Timeout")

    def test_unknown_bot(self) -> None:
        """What is asked of a bot that does not exist is an error."""
        error = self.assertRaises(SdkError, shared("18").act, SdkVerb.STATE, 999_999)

        self.assertIn("unknown bot 999999", str(error))

    def test_uncaught(self) -> None:
        """What nobody catches in JavaScript is a complaint, and the process goes on."""
        with Sdk("18") as sdk:
            sdk.act(SdkVerb.FAIL)
            complaints: list[tuple[str, str]] = []
            for _ in range(100):
                complaints += sdk.complaints()

            [(kind, text)] = complaints
            self.assertEqual(kind, "uncaught")
            self.assertIn("failed on request", text)
            self.assertEqual(sdk.echo("alive"), "alive")
