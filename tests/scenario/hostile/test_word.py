"""What an attacker says, or is said to come from, is not taken for something else."""

from __future__ import annotations

import json
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from nexus.errors import Code
from tests.scenario.hostile.siege import NARROW, besieged
from tests.scenario.hostile.socket import is_open
from tests.support.attack import blow, counts, frame, post, seat, upgrade


class OriginTests(SynchronousTestCase):
    """Web pages of others."""

    def test_http_and_sockets_let_the_same_pages_in(self) -> None:
        """A page that may join may connect, and a page that may not may do neither."""
        pages = "https://game.example,http://[::1]:3000,https://*.play.example"
        with besieged(
            Path(self.mktemp()), "examples.conformance", f"--cors-origin={pages}"
        ) as (_, address):
            for origin, is_let_in in (
                ("https://game.example", True),
                ("https://a.play.example", True),
                ("http://[::1]:3000", True),
                ("http://game.example", False),
                ("https://game.example:444", False),
                ("https://game.example.evil.example", False),
                ("https://a.play.example.evil.example", False),
                ("https://gamexexample", False),
                ("https://play.example", False),
                ("null", False),
            ):
                headers = {"Origin": origin}
                answer = post(address, "/matchmake/join/echo", b"{}", headers)
                read = answer.headers.get("access-control-allow-origin")
                self.assertEqual(read, origin if is_let_in else None)
                with blow(address) as one:
                    one.send(upgrade("/", headers))
                    self.assertEqual(is_open(one), is_let_in, origin)


class ReflectionTests(SynchronousTestCase):
    """What an attacker says is not to come out somewhere as something else."""

    @override
    def setUp(self) -> None:
        """Prepare a folder."""
        self.folder = Path(self.mktemp())

    def test_log_has_a_line_for_each_event(self) -> None:
        """What peers say cannot make lines of the log, nor leave its fields."""
        with besieged(self.folder, "examples.conformance", "--log-level=debug") as (
            daemon,
            address,
        ):
            lie = 'x%0d%0a{"level":"critical","message":"forged"}'
            post(address, f"/matchmake/create/{lie}", b"{}")
            with blow(address) as one:
                one.send(upgrade(f"/p/r?sessionId={lie}"))
                one.read(0.5)
            lines = daemon.log.read_text().splitlines()

        for line in lines:
            self.assertIn("logger", json.loads(line))
            self.assertNotEqual(json.loads(line)["message"], "forged")

    def test_log_cannot_steer_a_terminal(self) -> None:
        """What peers say cannot move the cursor of whoever reads a log of text."""
        with besieged(self.folder, "examples.conformance", "--log-format=text") as (
            daemon,
            address,
        ):
            path, _ = seat(address, "kick", {})
            with blow(address) as one:
                one.send(upgrade(path))
                self.assertTrue(is_open(one))
                one.send(frame(b"\x0a"), frame(b"\x0d\xa9\x1b[2Jgone\r"))
                self.assertIn(b"gone", one.until(b"registered"))
            log = daemon.log.read_bytes()

        self.assertIn(b"?[2Jgone?", log)
        self.assertNotIn(b"\x1b", log)

    def test_error_is_never_a_page(self) -> None:
        """What was asked for comes back as JSON that no browser takes for a page."""
        with besieged(self.folder, NARROW) as (_, address):
            for path in ("/matchmake/create/<script>", "/<script>", "/files/<script>"):
                answer = post(address, path, b"{}")

                self.assertEqual(answer.headers["content-type"], "application/json")
                self.assertEqual(answer.headers["x-content-type-options"], "nosniff")
                self.assertNotIn("<", answer.headers.get("location", ""))

    def test_bombs_do_not_stand_in_cards(self) -> None:
        """What rooms are filtered by, and lobbies tell of, is refused if it is long."""
        with besieged(self.folder, NARROW) as (_, address):
            for bomb in ("x" * 5_000, ["x" * 100] * 100, {"a": {"b": "x" * 5_000}}):
                body = json.dumps({"mode": bomb}).encode()
                answer = post(address, "/matchmake/create/filtered", body)

                self.assertEqual(answer.document["code"], Code.NO_MATCH)
            self.assertEqual(counts(address)["nexus_rooms"], 0)

    def test_names_of_the_language_are_not_relayed(self) -> None:
        """A type that every JavaScript object has a member of reaches nobody else."""
        with besieged(self.folder, "examples.conformance") as (_, address):
            path, room = seat(address, "relay", {})
            other, _ = seat(address, room, {}, "joinById")
            with blow(address) as one, blow(address) as two:
                for each, way in ((one, path), (two, other)):
                    each.send(upgrade(way))
                    self.assertTrue(is_open(each))
                    each.send(frame(b"\x0a"))
                for type_ in (b"constructor", b"hasOwnProperty", b"fine"):
                    name = bytes([0xA0 | len(type_)]) + type_
                    one.send(frame(b"\x0d" + name + b"\x01"))
                refused = one.until(b"hasOwnProperty")
                got = two.until(b"fine")

        self.assertIn(b"\x0b", refused)
        self.assertNotIn(b"constructor", got)
        self.assertNotIn(b"hasOwnProperty", got)
