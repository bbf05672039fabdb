"""Tests of `nexus.room.fanout.fanout`: what only some are told, or nobody."""

from __future__ import annotations

from typing import Any

from nexus.state import Map, Role, State, field, int32
from nexus.wire.native import plain
from tests.support.room import scripted
from tests.support.table import NATIVE, Guest, TableTestCase


class Table(State):
    """A State of which some see more."""

    turn: int32 = 0
    plan: int32 = field(default=0, visible=Role("gm"))


class Secret(State):
    """What no client is told."""

    text: str = ""


class Vault(State):
    """A State that hides some of itself from all."""

    turn: int32 = 0
    plan: str = field(default="", server_only=True)
    secret: Secret = field(factory=Secret, server_only=True)
    notes: Map[str, str] = field(factory=dict, server_only=True)
    secrets: Map[str, Secret] = field(factory=dict, server_only=True)


class HiddenTests(TableTestCase):
    """What no client is told parts none from another."""

    def setUp(self) -> None:
        """Sit with two clients of ours and two of the SDK where much is hidden."""
        super().setUp()

        def create(room: Any, _: Any) -> None:
            room.state = Vault()

        def drop(room: Any, client: Any, _: int) -> None:
            room.allow_reconnection(client, 60)

        self.table.define(scripted(script={"on_create": create, "on_drop": drop}))
        self.ours = [self.table.sit(**NATIVE) for _ in range(2)]
        self.others = [self.table.sit() for _ in range(2)]
        self.table.beat(times=2)
        self.state = self.ours[0].actor.room.state

    def hide(self, number: int) -> None:
        """Write what is hidden wherever it can stand."""
        state = self.state
        state.plan = state.secret.text = f"treasure {number}"
        state.notes["n"] = state.plan
        state.secrets[str(number)] = Secret(text=state.plan)

    def assert_hidden(self, *guests: Guest) -> None:
        """Check that guests were told something, and nothing that is hidden."""
        for each in guests:
            self.assertTrue(each.socket.sent)
            self.assertNotIn(b"treasure", b"".join(each.socket.sent))

    def test_all_share_the_bytes(self) -> None:
        """What is told is written once for all of one format."""
        for turn in range(3):
            self.state.turn = turn + 7
            self.hide(turn)
            self.table.beat()
            for each in (self.ours, self.others):
                self.assertEqual(each[0].socket.sent[-1], each[1].socket.sent[-1])

        self.assertIs(self.ours[0].client.ring, self.ours[1].client.ring)
        for guest in self.ours:
            self.assertEqual(plain(guest.follow().state), {"turn": 9})
        self.assert_hidden(*self.ours, *self.others)

    def test_nobody_hears_that_something_hidden_changed(self) -> None:
        """A patch of it alone is none."""
        told = [len(each.socket.sent) for each in self.others]

        self.hide(1)
        self.table.beat()

        self.assertEqual([len(each.socket.sent) for each in self.others], told)
        self.assert_hidden(*self.ours)

    def test_who_returns_hears_what_it_missed(self) -> None:
        """That is patches, and nothing that is hidden."""
        away = self.ours[0]
        replica = away.follow()
        away.drop()
        self.state.turn = 9
        self.hide(1)
        self.table.beat()

        again = away.back(skipHandshake="1")
        again.send("__nexus.resume", {"version": replica.version})
        again.ack()
        self.table.beat(times=2)
        [answer] = again.messages("__nexus.resumed")
        self.assertEqual(answer["how"], "patches")
        self.assertEqual(again.follow(away).state.turn, 9)
        self.assert_hidden(again)

    def test_newcomers_see_what_all_see(self) -> None:
        """The whole State has nothing that is hidden, either."""
        self.state.turn = 9
        self.hide(1)
        late = [self.table.sit(**NATIVE), self.table.sit()]
        self.table.beat(times=2)
        self.assertEqual(plain(late[0].follow().state), {"turn": 9})
        self.assert_hidden(*late)


class SightTests(TableTestCase):
    def lost(self) -> Guest:
        """Sit with a role, see something, and be lost."""

        def create(room: Any, _: Any) -> None:
            room.state = Table()

        def drop(room: Any, client: Any, _: int) -> None:
            room.allow_reconnection(client, 60)

        self.table.define(scripted(script={"on_create": create, "on_drop": drop}))
        guest = self.table.sit(**NATIVE)
        guest.client.roles = {"gm"}
        guest.actor.room.state.plan = 7
        self.table.beat(times=2)
        self.replica = guest.follow()
        self.assertEqual(plain(self.replica.state)["plan"], 7)
        guest.drop()
        return guest

    def how(self, guest: Guest) -> tuple[str, dict[str, Any]]:
        """Return with the version that was seen; tell how that went, and the State."""
        again = guest.back(skipHandshake="1")
        again.send("__nexus.resume", {"version": self.replica.version})
        again.ack()
        self.table.beat(times=2)
        [answer] = again.messages("__nexus.resumed")
        return answer["how"], plain(again.follow(guest).state)

    def test_same_sight_resumes_with_patches(self) -> None:
        """Who may see what it saw before gets just what it missed."""
        guest = self.lost()
        guest.actor.room.state.turn = 3
        self.table.beat()

        self.assertEqual(self.how(guest), ("patches", {"turn": 3, "plan": 7}))

    def test_other_sight_begins_anew(self) -> None:
        """Who may see something else now gets a snapshot, told or not yet told."""
        for beats in (0, 2):
            with self.subTest(beats=beats):
                guest = self.lost()
                guest.client.roles = ()
                guest.actor.room.state.turn = 3
                self.table.beat(times=beats)

                how, state = self.how(guest)

                self.assertEqual(how, "snapshot")
                self.assertEqual((state["turn"], state.get("plan", 0)), (3, 0))
                guest.actor.room.kick(guest.session_id)
                self.table.catalog.remove("room")
