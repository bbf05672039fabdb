"""Tests of `nexus.match.builtin.relay`."""

from __future__ import annotations

from typing import Any

from nexus.errors import Refused
from nexus.match import RelayRoom
from nexus.wire import frame as frames
from nexus.wire.message import UNDEFINED
from tests.support.table import NATIVE, Guest, TableTestCase, result


class RelayTestCase(TableTestCase):
    def setUp(self) -> None:
        """Serve relays."""
        super().setUp()
        self.table.define(RelayRoom, "relay")

    def sit(self, **options: Any) -> Guest:
        """Join, with our own state format, and take the State."""
        guest = self.knock(**options).ack()
        self.table.beat()
        return guest

    def knock(self, **options: Any) -> Guest:
        """Try to join."""
        wish = self.table.matchmaker.join_or_create("relay", {**NATIVE, **options})
        return self.table.come(result(wish))

    def players(self, guest: Guest) -> dict[str, tuple[str, bool]]:
        """Return the players that a guest sees."""
        self.table.beat()
        players = guest.follow().state.players
        return {key: (each.name, each.connected) for key, each in players.items()}


class RelayTests(RelayTestCase):
    def test_others_hear(self) -> None:
        """What one says reaches all others under its type, with who said it."""
        ann, bob, cid = self.sit(), self.sit(), self.sit()

        ann.send("move", {"x": 1})
        ann.send(7, [1])
        ann.send("plain")

        for guest in (bob, cid):
            self.assertEqual(guest.messages("move"), [[ann.session_id, {"x": 1}]])
            self.assertEqual(guest.messages(7), [[ann.session_id, [1]]])
            self.assertEqual(guest.messages("plain"), [[ann.session_id, UNDEFINED]])
        self.assertEqual(ann.messages("move"), [])

    def test_bytes_are_a_payload(self) -> None:
        """Bytes arrive as the payload of a message."""
        ann, bob = self.sit(), self.sit()

        ann.say(frames.encode_bytes("raw", b"\x00\xff"))

        self.assertEqual(bob.messages("raw"), [[ann.session_id, b"\x00\xff"]])

    def test_what_cannot_be_passed_on_is_refused(self) -> None:
        """A payload too deep to be wrapped is an error for its sender, no more."""
        ann, bob = self.sit(), self.sit()
        for depth, heard in ((31, 1), (32, 0)):
            ann.say(b"\x0d\xa1x" + b"\x91" * (depth - 1) + b"\x90")

            self.assertEqual(len(bob.messages("x")), heard, depth)
            bob.socket.sent.clear()
        ann.send("still", 1)

        self.assertEqual(len(ann.failures), 1)
        self.assertEqual(bob.messages("still"), [[ann.session_id, 1]])

    def test_hostile_payloads_close_no_room(self) -> None:
        """However often one says what cannot be passed on, the others play on."""
        ann, bob = self.sit(), self.sit()
        for _ in range(150):
            # A Map with a key that is no text.
            ann.say(b"\x0d\xa1x\x81\x01\x02")

        ann.send("still", 1)

        self.assertEqual(len(ann.failures), 150)
        self.assertEqual(bob.messages("still"), [[ann.session_id, 1]])


class StateTests(RelayTestCase):
    def test_players_come_and_go(self) -> None:
        """The State says who is there, by session, with the names they gave."""
        ann, bob = self.sit(name="ann"), self.sit()
        both = {ann.session_id: ("ann", True), bob.session_id: ("", True)}
        self.assertEqual(self.players(ann), both)

        bob.leave()

        self.assertEqual(self.players(ann), {ann.session_id: ("ann", True)})

    def test_lost_player_may_return(self) -> None:
        """Who is lost is shown as such while the relay waits for it."""
        ann = self.sit(allowReconnectionTime=5)
        bob = self.sit()
        bob.drop()
        self.assertEqual(self.players(ann)[bob.session_id], ("", False))

        back = bob.back().ack()

        self.assertTrue(back.joined)
        self.assertEqual(self.players(ann)[bob.session_id], ("", True))

    def test_time_to_return_is_limited(self) -> None:
        """A relay waits as long as its creator said, and never longer than 40 s."""
        for said, waits in ((None, 0.0), (5, 5.0), (10**9, 40.0)):
            ann = self.sit(allowReconnectionTime=said)
            bob = self.sit()
            bob.drop()
            if waits:
                self.table.beat(waits - 0.1)
                self.assertEqual(len(self.players(ann)), 2)

            self.table.beat(0.2, times=2)

            self.assertEqual(len(self.players(ann)), 1)
            ann.leave()


class OptionTests(RelayTestCase):
    def test_creator_chooses(self) -> None:
        """The creator says how many may come, and what the listing says."""
        ann = self.sit(maxClients=2, metadata={"map": "x"})
        self.sit()

        self.assertTrue(ann.actor.is_full)
        self.assertEqual(ann.actor.sign.metadata, {"map": "x"})

    def test_wrong_options_are_refused(self) -> None:
        """What a creator says is checked, and told what it should be."""
        wrong: list[tuple[str, Any]] = [
            *(("maxClients", value) for value in (0, -1, 1.5, "2", True, 10**9)),
            *(("allowReconnectionTime", value) for value in (-1, "5", True)),
            ("allowReconnectionTime", float("nan")),
            *(("metadata", value) for value in (1, "x", [])),
        ]
        for name, value in wrong:
            with self.assertRaisesRegex(Refused, f"the option {name} is to be"):
                self.knock(**{name: value})
        self.assertEqual(self.table.rooms, [])

    def test_wrong_name_is_refused(self) -> None:
        """A name is short text."""
        for name in (1, None, "x" * 65):
            [failure] = self.knock(name=name).failures

            self.assertIn("the option name", failure.text)
