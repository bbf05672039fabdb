"""Tests of `nexus.room.fanout.carrier`: clients of whom only echoes tell."""

from __future__ import annotations

from typing import Any

from nexus.errors import Close
from nexus.room.fanout.format import SchemaFormat
from nexus.state import List, Role, State, field, uint32
from nexus.wire.frame import Patch, Snapshot
from tests.support.room import scripted
from tests.support.table import NATIVE, Guest, TableTestCase

#: So many numbers change with each patch, which makes about 6,000 bytes of it.
_MANY = 1_000


class Wall(State):
    """A State that is large."""

    plan: uint32 = field(default=0, visible=Role("gm"))
    numbers: List[uint32]


class Open(State):
    """The same, of which all see everything."""

    numbers: List[uint32]


class Sealed(State):
    """The same, with something that nobody is told."""

    plan: uint32 = field(default=0, server_only=True)
    numbers: List[uint32]


def _fail(_: bytes) -> None:
    raise KeyError("secret")


class CarrierTests(TableTestCase):
    def sit(self, root: type[State] = Open, **options: Any) -> Guest:
        """Sit in a Room in which much changes, and that waits for who is lost."""

        def create(room: Any, _: Any) -> None:
            room.state = root()
            room.state.numbers.extend([1_000] * _MANY)

        def drop(room: Any, client: Any, _: int) -> None:
            room.allow_reconnection(client, 60)

        self.table.define(scripted(script={"on_create": create, "on_drop": drop}))
        return self.table.sit(**options)

    def seated(self, root: type[State] = Open, **options: Any) -> Guest:
        """Sit there, and forget what was told of that."""
        guest = self.sit(root, **options)
        guest.socket.sent.clear()
        return guest

    def change(self, guest: Guest, times: int = 1) -> None:
        """Let the Room patch."""
        numbers = guest.actor.room.state.numbers
        for _ in range(times):
            for at in range(_MANY):
                numbers[at] += 1
            self.table.beat()

    def echo(self, guest: Guest) -> None:
        """Let the peer have read all."""
        [told] = guest.socket.probes
        guest.socket.probes.clear()
        told()

    def kinds(self, guest: Guest) -> list[str]:
        """Take what came: which kinds of frames."""
        kinds = [
            type(each).__name__
            for each in guest.frames
            if isinstance(each, Patch | Snapshot)
        ]
        guest.socket.sent.clear()
        return kinds

    def test_who_answers_gets_all(self) -> None:
        """Echoes that come in time cost no patch."""
        guest = self.seated()
        for _ in range(100):
            self.change(guest)
            if guest.socket.probes:
                self.echo(guest)

        self.assertEqual(self.kinds(guest), ["Patch"] * 100)
        self.assertEqual(guest.client.pace.skipped, 0)

    def slow(self, root: type[State] = Open) -> Guest:
        """Sit as one whose echo does not come."""
        guest = self.seated(root)
        self.change(guest, 2)
        self.echo(guest)
        self.kinds(guest)
        self.change(guest, 100)
        return guest

    def test_who_lags_is_sent_the_state(self) -> None:
        """Nothing more goes to who has not read; then it gets the newest, whole."""
        for root in (Open, Wall):
            with self.subTest(root=root.__name__):
                guest = self.slow(root)
                sent = len(self.kinds(guest))
                self.assertLess(sent, 80)
                self.assertTrue(guest.client.pace.is_slow)
                self.assertEqual(guest.client.pace.skipped, 100 - sent)
                # What went behind the question is asked for, too.
                self.echo(guest)
                self.change(guest)
                self.assertEqual(self.kinds(guest), [])
                self.echo(guest)
                self.change(guest)
                self.assertEqual(self.kinds(guest), ["Snapshot"])

                # It takes that at once, so it is trusted again.
                self.echo(guest)
                self.change(guest, 5)

                self.assertEqual(self.kinds(guest), ["Patch"] * 5)
                guest.leave()
                self.table.beat(times=3)
                self.table.catalog.remove("room")

    def test_who_reads_late_gets_whole_states_alone(self) -> None:
        """As long as each takes it long, it is sent no patch between them."""
        guest = self.slow()
        self.echo(guest)
        self.table.beat(1.0)
        self.echo(guest)
        self.kinds(guest)
        found = []
        for _ in range(5):
            self.change(guest, 40)
            found += self.kinds(guest)
            self.echo(guest)

        self.assertEqual(found, ["Snapshot"] * 5)

    def test_the_last_state_comes_in_a_quiet_room(self) -> None:
        """Also when nothing changes any more, it is told what it lacks, and once."""
        guest = self.slow()
        self.echo(guest)
        self.echo(guest)
        self.kinds(guest)

        self.table.beat(times=40)
        self.assertEqual(self.kinds(guest), ["Snapshot"])
        if guest.socket.probes:
            self.echo(guest)
        self.table.beat(times=40)

        self.assertEqual(self.kinds(guest), [])
        self.assertFalse(guest.client.pace.is_slow)

    def test_the_failure_of_another_costs_no_state(self) -> None:
        """What an author writes when told of it stands in the next patch, not here."""

        def create(room: Any, _: Any) -> None:
            room.state = Open()
            room.state.numbers.extend([1_000] * _MANY)

        def note(room: Any, *_: Any) -> None:
            room.state.numbers[0] = 0

        self.table.define(scripted(script={"on_create": create, "on_error": note}))
        broken, guest = self.table.sit(**NATIVE), self.table.sit()
        self.change(guest, 100)
        self.echo(guest)
        self.echo(guest)
        self.kinds(guest)

        # It took all that it was sent so far.
        broken.client.pace.forget()
        self.patch(broken.socket, "deliver", _fail)
        self.change(guest)

        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)
        self.assertEqual(self.kinds(guest), ["Snapshot"])
        self.assertIsNone(guest.socket.closed)

    def test_a_failure_in_a_quiet_room_hurts_one_client(self) -> None:
        """Who cannot be told what it lacks is let go, and may return."""
        guest = self.slow()
        self.echo(guest)
        self.echo(guest)

        self.patch(guest.socket, "deliver", _fail)
        self.table.beat(times=3)

        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)
        assert guest.socket.closed is not None
        self.assertEqual(guest.socket.closed[0], Close.MAY_REJOIN)

    def test_a_new_socket_begins_anew(self) -> None:
        """What waited on the way to the old one says nothing of the new one."""
        guest = self.sit()
        self.change(guest, 2)
        self.echo(guest)
        self.change(guest, 100)
        self.assertTrue(guest.client.pace.is_slow)
        [old] = guest.socket.probes
        guest.drop()

        again = guest.back().ack()
        again.socket.sent.clear()
        old()
        self.change(again)

        self.assertEqual(self.kinds(again), ["Patch"])
        self.assertFalse(again.client.pace.is_slow)

    def test_those_who_see_the_same_share_what_they_come_back_to(self) -> None:
        """The State is written once for all who hold an older one, but for roles."""
        again, asked = SchemaFormat.again, list[object]()

        def counted(format_: SchemaFormat, view: Any, *, is_ours: bool) -> bytes:
            asked.append(view)
            return again(format_, view, is_ours=is_ours)

        self.patch(SchemaFormat, "again", counted)
        for root, made in ((Open, 1), (Sealed, 1), (Wall, 3)):
            with self.subTest(root=root.__name__):
                guests = [self.sit(root), self.table.sit(), self.table.sit()]
                self.change(guests[0])
                for each in guests:
                    each.drop()
                asked.clear()

                back = [each.back(skipHandshake="1").ack() for each in guests]
                self.table.beat()

                self.assertEqual(len(asked), made)
                for each in back:
                    each.leave()
                self.table.beat(times=3)
                self.table.catalog.remove("room")

    def test_late_echo_of_a_replaced_socket_says_nothing_of_the_next(self) -> None:
        """Neither is who keeps up taken for slow, nor who is slow for quick."""
        guest = self.sit()
        # It is asked, and does not answer for long.
        self.change(guest, 100)
        [old] = guest.socket.probes
        guest.drop()
        again = guest.back().ack()
        old()
        self.assertFalse(again.client.pace.is_slow)
        self.change(again, 2)
        self.echo(again)
        self.change(again, 100)
        self.assertTrue(again.client.pace.is_slow)

        old()

        self.assertTrue(again.client.pace.is_slow)

    def test_clients_of_ours_are_not_asked(self) -> None:
        """They tell by themselves what they applied."""
        guest = self.seated(**NATIVE)
        self.change(guest, 100)

        self.assertEqual(guest.socket.probes, [])
