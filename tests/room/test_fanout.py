"""Tests of `nexus.room.fanout`."""

from __future__ import annotations

from typing import Any

from nexus.errors import Close
from nexus.room.format import NativeFormat, SchemaFormat
from nexus.sim.grid import Grid
from nexus.state import Map, Role, State, field, float32, int32
from nexus.state import Table as Rows
from nexus.wire.frame import JoinRoom, Message, Patch, Snapshot
from nexus.wire.native import plain
from tests.support.room import scripted
from tests.support.table import NATIVE, Guest, TableTestCase


class Hand(State):
    """What one player holds."""

    cards: int32 = 0


class Bird(State):
    """What is told only to who sees it."""

    x: float32
    y: float32


class Deck(State):
    """A State in which all see everything."""

    turn: int32 = 0
    hands: Map[str, Hand] = field(factory=dict)
    birds: Rows[Bird]


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


class FanoutTests(TableTestCase):
    def seated(self, **options: Any) -> Guest:
        """Sit in a Room with a State that keeps seats."""
        if not len(self.table.catalog):

            def create(room: Any, _: Any) -> None:
                room.state = Deck()

            def drop(room: Any, client: Any, _: int) -> None:
                room.allow_reconnection(client, 60)

            self.table.define(scripted(script={"on_create": create, "on_drop": drop}))
        guest = self.table.sit(**options)
        self.table.beat()
        return guest

    def state(self, guest: Guest) -> Deck:
        """Return the State of a guest's Room."""
        state: Deck = guest.actor.room.state
        return state

    def patches(self, guest: Guest) -> int:
        """Count the patches that came."""
        return sum(isinstance(each, Patch) for each in guest.frames)

    def test_formats_stand_side_by_side(self) -> None:
        """Each client gets the format that it asked for, and JOIN_ROOM names it."""
        native, schema = self.seated(**NATIVE), self.seated()

        names = [
            each.serializer
            for guest in (native, schema)
            for each in guest.frames
            if isinstance(each, JoinRoom)
        ]

        self.assertEqual(names, ["nexus", "schema"])
        self.assertEqual(len(native.actor.fanout._formats), 2)  # type: ignore[union-attr]  # it has a State

    def test_which_format_one_has_is_found_at_once(self) -> None:
        """No code of a metaclass runs to say whether something is of such a class."""
        for format_ in (NativeFormat, SchemaFormat):
            self.assertIs(type(format_), type)

    def test_unused_format_costs_nothing(self) -> None:
        """What nobody asked for is not even made."""
        guest = self.seated(**NATIVE)

        self.assertEqual([*guest.actor.fanout._formats], [("nexus", 0)])  # type: ignore[union-attr]  # it has a State

    def test_one_patch_is_shared(self) -> None:
        """Clients that see the same are sent the very same bytes."""
        guests = [self.seated(**NATIVE) for _ in range(3)]
        self.state(guests[0]).turn = 5

        self.table.beat()

        self.assertEqual(len({guest.socket.sent[-1] for guest in guests}), 1)
        self.assertEqual([plain(g.follow().state)["turn"] for g in guests], [5] * 3)

    def test_resume_tells_what_was_missed(self) -> None:
        """Who returns with a version gets one patch from there, and no new state."""
        guest = self.seated(**NATIVE)
        replica = guest.follow()
        guest.drop()
        for turn in range(1, 4):
            self.state(guest).turn = turn
            self.table.beat()

        again = guest.back(skipHandshake="1")
        again.send("__nexus.resume", {"version": replica.version})
        again.ack()

        self.assertEqual(again.messages("__nexus.resumed")[0]["how"], "patches")
        self.assertEqual((len(again.states), self.patches(again)), (0, 1))
        self.assertEqual(again.follow(guest).state.turn, 3)

    def test_resume_without_a_miss(self) -> None:
        """Who missed nothing gets nothing but the word that it is so."""
        guest = self.seated(**NATIVE)
        version = guest.follow().version
        guest.drop()

        again = guest.back(skipHandshake="1")
        again.send("__nexus.resume", {"version": version})
        again.ack()

        self.assertEqual((len(again.states), self.patches(again)), (0, 0))

    def test_resume_from_too_long_ago(self) -> None:
        """Who lacks more than is kept gets a snapshot and is told so."""
        for missed, how, states in ((2_048, "patches", 0), (2_049, "snapshot", 1)):
            guest = self.seated(**NATIVE)
            version = guest.follow().version
            guest.drop()
            for turn in range(missed):
                self.state(guest).turn = turn + 1
                guest.actor.rhythm.patch()

            again = guest.back(skipHandshake="1")
            again.send("__nexus.resume", {"version": version})
            again.ack()

            self.assertEqual(again.messages("__nexus.resumed")[0]["how"], how)
            self.assertEqual(len(again.states), states)
            self.assertEqual(again.follow(guest).state.turn, missed)
            again.leave()
            self.table.beat()

    def test_sum_of_patches_is_shared(self) -> None:
        """Who lacks the same is sent the very same bytes; few such sums are kept."""
        guests = [self.seated(**NATIVE) for _ in range(3)]
        version = guests[0].follow().version
        for guest in guests:
            guest.drop()
        fanout = guests[0].actor.fanout
        for turn in range(30):
            self.state(guests[0]).turn = turn + 1
            guests[0].actor.rhythm.patch()

        sent = set()
        for guest in guests:
            again = guest.back(skipHandshake="1")
            again.send("__nexus.resume", {"version": version})
            again.ack()
            self.table.beat()
            sent.add(again.socket.sent[-1])
        self.assertEqual(len(sent), 1)

        for lacking in range(1, 30):
            again.drop()
            again = again.back(skipHandshake="1")
            again.send("__nexus.resume", {"version": version + lacking})
            again.ack()
            self.table.beat()
        self.assertEqual(len(fanout._sums._made), 8)  # type: ignore[union-attr]  # it has a State

    def test_resume_from_nonsense(self) -> None:
        """A version that never was leads to a snapshot, not to an error."""
        for version in (-1, 10**12, 2**53 - 1):
            guest = self.seated(**NATIVE)
            guest.drop()

            again = guest.back(skipHandshake="1")
            again.send("__nexus.resume", {"version": version})
            again.ack()

            self.assertEqual(len(again.states), 1)
            self.assertIsNone(again.code)

    def test_schema_resumes_with_a_state(self) -> None:
        """Colyseus' format knows no versions: who returns gets the whole."""
        guest = self.seated()
        guest.drop()

        again = guest.back(skipHandshake="1")
        again.send("__nexus.resume", {"version": 0})
        again.ack()

        self.assertEqual(len(again.states), 1)

    def test_resume_after_the_state_is_too_late(self) -> None:
        """A wish to resume that comes behind the acknowledgement is ignored."""
        guest = self.seated(**NATIVE)

        guest.send("__nexus.resume", {"version": 0})

        self.assertEqual(guest.messages("__nexus.resumed"), [])

    def test_away_clients_are_sent_nothing(self) -> None:
        """Patches go on for the others while somebody is away."""
        guest, other = self.seated(**NATIVE), self.seated(**NATIVE)
        guest.drop()
        sent = len(guest.socket.sent)
        self.state(other).hands["a"] = Hand(cards=3)

        self.table.beat()

        self.assertEqual(len(guest.socket.sent), sent)
        self.assertEqual(plain(other.follow().state)["hands"], {"a": {"cards": 3}})


class ShortWayTests(TableTestCase):
    def test_who_is_away_has_none(self) -> None:
        """Patches go to those who are there, by the new socket of who came back."""

        def create(room: Any, _: Any) -> None:
            room.state = Deck()

        def drop(room: Any, client: Any, _: int) -> None:
            room.allow_reconnection(client, 60)

        self.table.define(scripted(script={"on_create": create, "on_drop": drop}))
        guest, other = self.table.sit(), self.table.sit()
        self.table.beat(times=2)
        self.assertTrue(guest.socket.outlet.most)
        guest.drop()
        self.assertFalse(guest.socket.outlet.most)
        guest.actor.room.state.turn += 1
        before = len(guest.socket.sent), len(other.socket.sent)

        self.table.beat()

        after = len(guest.socket.sent), len(other.socket.sent)
        self.assertEqual((after[0] - before[0], after[1] - before[1]), (0, 1))
        back = guest.back().ack()
        self.table.beat()
        guest.actor.room.state.turn += 1
        before = len(back.socket.sent), len(other.socket.sent)

        self.table.beat()

        after = len(back.socket.sent), len(other.socket.sent)
        self.assertEqual((after[0] - before[0], after[1] - before[1]), (1, 1))
        self.assertTrue(back.socket.outlet.most)


class LateTests(TableTestCase):
    def test_who_joined_before_there_was_a_state_returns_for_it(self) -> None:
        """Whoever was told that there is none knows none of its classes."""

        def drop(room: Any, client: Any, _: int) -> None:
            room.allow_reconnection(client, 60)

        self.table.define(scripted(script={"on_drop": drop}))
        for options in ({}, NATIVE):
            with self.subTest(options=options):
                guest = self.table.sit(**options)
                self.table.beat(times=2)

                guest.actor.room.state = Deck()

                self.assertEqual(
                    guest.socket.closed,
                    (
                        Close.MAY_REJOIN,
                        "the room has a state now: it is sent to who returns",
                    ),
                )
                guest.drop()
                self.table.beat()
                back = guest.back().ack()
                back.actor.room.state.turn += 1
                self.table.beat()
                told = [each for each in back.frames if not isinstance(each, Message)]
                self.assertEqual(
                    [type(each) for each in told], [JoinRoom, Snapshot, Patch]
                )
                back.actor.room.kick(back.session_id)
                self.table.hang_up()
                self.table.beat(times=3)


class FailingTests(TableTestCase):
    def test_what_fails_for_one_costs_nobody_else_a_patch(self) -> None:
        """Who could not be told is let go and may return; the others were told."""

        def create(room: Any, _: Any) -> None:
            room.state = Deck()
            table = Grid(cell=10, bounds=(0, 0, 100, 100))
            room.space = room.make_space(table, room.state.birds, radius=10)

        def join(room: Any, client: Any, _: Any) -> None:
            room.space.watch(client, 5, 5)

        def drop(room: Any, client: Any, _: int) -> None:
            room.allow_reconnection(client, 60)

        acts = {"on_create": create, "on_join": join, "on_drop": drop}
        self.table.define(scripted(script=acts))
        for options in ({}, NATIVE):
            with self.subTest(options=options):
                guests = [self.table.sit(**options) for _ in range(3)]
                actor = guests[0].actor
                self.table.beat(times=2)
                broken = guests[1]

                def deliver(_: bytes) -> None:
                    raise KeyError("secret")

                self.patch(broken.socket, "deliver", deliver)
                for guest in guests:
                    guest.socket.sent.clear()

                actor.room.state.turn += 1
                self.table.beat()

                self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)
                self.assertEqual(
                    [type(each) for guest in guests for each in guest.frames],
                    [Patch, Patch],
                )
                assert broken.socket.closed is not None
                self.assertEqual(broken.socket.closed[0], Close.MAY_REJOIN)
                self.assertNotIn("secret", broken.socket.closed[1])
                for guest in guests:
                    actor.room.kick(guest.session_id)
                self.table.hang_up()
                self.table.beat(times=3)
                self.table.catalog.remove("room")
                self.table.define(scripted(script=acts))
