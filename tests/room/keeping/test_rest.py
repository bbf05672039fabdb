"""Tests of `nexus.room.keeping.rest`: what a Room is given back as it goes on."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.trial.unittest import SynchronousTestCase

from nexus.archive.memory import MemoryArchive
from nexus.archive.port import Status
from nexus.errors import Close
from nexus.room import Client, Plugin, on_message
from nexus.room.phase import Rest
from nexus.testing import Harness, RequestError
from tests.room.bank import banking
from tests.support.socket import MemorySocket


class SuspendTests(SynchronousTestCase):
    def test_nobody_is_told_of_a_loss(self) -> None:
        """A Node that stops takes sockets away; no hook of a loss or an end runs."""
        diary: list[str] = []

        def noting(name: str) -> Any:
            return lambda self, *_: diary.append(name)

        names = ("on_drop", "on_leave", "on_dispose", "on_hibernate")
        with banking(**{name: noting(name) for name in names}) as house:
            ada = house.join_or_create()
            room = house.rooms[0]
            house.restart()

            self.assertEqual(diary, [])
            self.assertFalse(room.is_open)
            self.assertEqual(ada.closed and ada.closed[0], Close.MAY_REJOIN)
            owner = house.archive.rooms[ada.room_id].members
            self.assertEqual([each.session_id for each in owner], [ada.session_id])
            ada.rejoin()

    def test_what_was_said_last_is_kept(self) -> None:
        """All that was done before the stop is there after it, answered or not."""
        with banking() as house:
            ada = house.join_or_create()
            for _ in range(5):
                ada.send("soon", 1)
            order = ada.order("add", 10)
            house.restart()
            self.assertEqual(house.rooms[0].state.total, 15)
            ada.rejoin()
            house.advance(0.3)

            self.assertEqual((order.answer, ada.unsent), (15, 0))
            self.assertEqual(house.rooms[0].state.total, 15)

    def test_on_hibernate_that_raises(self) -> None:
        """It is logged, and the Room sleeps."""

        def on_hibernate(self: Any) -> None:
            raise KeyError("pillow")

        with banking(on_hibernate=on_hibernate) as house:
            ada = house.join_or_create()
            ada.leave()
            house.advance(70)

            [failed] = house.failures
            self.assertEqual(failed.act, "on_hibernate")
            card = house.archive.rooms[ada.room_id].card
            self.assertIs(card.status, Status.HIBERNATING)

    def test_socket_that_is_lost_as_the_room_goes_to_rest(self) -> None:
        """While the last is being saved nobody leaves: the seat is there after it."""
        diary: list[str] = []
        before = MemoryArchive.append

        async def slow(archive: MemoryArchive, entries: Any) -> Any:
            if stopping:
                await deferLater(house._node.clock, 2)
            return await before(archive, entries)

        def noting(name: str) -> Any:
            return lambda self, *_: diary.append(name)

        stopping: list[bool] = []
        self.patch(MemoryArchive, "append", slow)
        names = ("on_drop", "on_leave")
        with banking(**{name: noting(name) for name in names}) as house:
            ada = house.join_or_create()
            stopping.append(True)
            actor = house.rooms[0].room.actor
            resting = Deferred.fromCoroutine(actor.suspend(4010, Rest.STOPPED))
            house.advance(1)
            self.assertNoResult(resting)
            ada.drop()
            house.advance(3)
            self.successResultOf(resting)
            house.restart()

            self.assertEqual(diary, [])
            ada.rejoin()

    def test_guests_are_not_told_what_is_wrong(self) -> None:
        """Whoever joins as a Room is cut off learns nothing of the database."""

        def on_join(self: Any, client: Client, options: Any) -> Any:
            return Deferred() if "wait" in options else None

        with banking(on_join=on_join) as house:
            ada = house.join_or_create()
            actor = house.rooms[0].room.actor
            asking = house.matchmaker.join_by_id(ada.room_id, {"wait": 1})
            seat = house._node.finish(asking, "bank")
            line = MemorySocket()
            arrival = house._node.admit(
                "10.9.9.9", {}, ada.room_id, {"sessionId": seat.session_id}
            )
            house._node._life.entrance.accept(arrival, line)
            house.advance(0.1)
            actor.journal.failed(ValueError("duplicate key value (secret)"))
            house.advance(0.1)

            self.assertIsNotNone(line.closed)
            self.assertNotIn("secret", repr(line.closed) + repr(line.sent))

    def test_join_that_is_under_way(self) -> None:
        """Who was about to join when the Node stopped is not in, nor kept."""
        waiting: list[Deferred[Any]] = []

        def on_join(self: Any, client: Client, options: Any) -> Any:
            if "wait" in options:
                waiting.append(Deferred())
                return waiting[-1]
            return None

        with banking(on_join=on_join) as house:
            ada = house.join_or_create()
            ask = house.matchmaker.join_by_id
            seat = house._node.finish(ask(ada.room_id, {"wait": 1}), "bank")
            self.assertEqual(len(house.rooms[0].clients), 1)
            house.restart()
            [room] = house.rooms
            members = room.room.actor.members

            self.assertEqual(list(members), [ada.session_id])
            self.assertNotIn(seat.session_id, members)


class ReviveTests(SynchronousTestCase):
    def revived(self, house: Harness) -> None:
        """Let the Node die and start again."""
        house.crash()
        self.assertEqual(len(house.rooms), 1)

    def test_members_are_as_they_were(self) -> None:
        """Seats, options, roles, tokens and commands outlive the Node."""

        def on_auth(self: Any, client: Client, options: Any, context: Any) -> Any:
            return {"user": options["name"], "rank": [1, 2.5, None]}

        def crown(self: Any, client: Client) -> None:
            client.roles = {"king", "judge"}

        said = {"on_auth": on_auth, "crown": on_message("crown")(crown)}
        with banking(**said) as house:
            ada = house.join_or_create(name="ada")
            bob = house.join_or_create(name="bob")
            ada.command("crown")
            self.revived(house)
            ada.rejoin()

            client = ada.client
            self.assertEqual(client.auth, {"user": "ada", "rank": [1, 2.5, None]})
            self.assertEqual(client.seat.options["name"], "ada")
            self.assertEqual(set(client.roles), {"king", "judge"})
            [room] = house.rooms
            members = list(room.room.actor.members)
            self.assertEqual(members, [ada.session_id, bob.session_id])
            self.assertEqual(len(room.clients), 1)

    def test_seats_are_taken_while_their_clients_are_away(self) -> None:
        """A Room that was full is full after a crash."""
        with banking(max_clients=2) as house:
            house.join_or_create()
            house.join_or_create()
            self.revived(house)
            house.join_or_create()

            self.assertEqual(len(house.rooms), 2)

    def test_plugins_are_told(self) -> None:
        """A plugin goes on before its Room does, and sleeps after it."""
        diary: list[str] = []

        class Extra(Plugin):
            def on_restore(self, info: Any) -> None:
                """Note it."""
                diary.append(f"plugin {info.reason}")

            def on_hibernate(self) -> None:
                """Note it."""
                diary.append("plugin sleeps")

        def on_restore(self: Any, info: Any) -> None:
            diary.append(f"room {info.reason}")

        def on_hibernate(self: Any) -> None:
            diary.append("room sleeps")

        said = {"on_restore": on_restore, "on_hibernate": on_hibernate}
        with banking(plugins=(Extra,), **said) as house:
            ada = house.join_or_create()
            self.revived(house)
            ada.rejoin()
            ada.leave()
            house.advance(70)

        expected = ["plugin crash", "room crash", "room sleeps", "plugin sleeps"]
        self.assertEqual(diary, expected)

    def test_ids_do_not_come_again(self) -> None:
        """What a client was shown and nobody saved is not taken for something new."""
        with banking() as house:
            ada = house.join_or_create()
            room = house.rooms[0]
            with house.outage():
                room.state.accounts["lost"] = type(
                    room.state.accounts[ada.session_id]
                )()
                house.advance(1)
                self.assertIn("lost", ada.state.accounts)
                house.crash()
            house.advance(2)
            house.rooms[0].state.accounts["new"] = type(
                house.rooms[0].state.accounts[ada.session_id]
            )(money=5)
            ada.rejoin()
            house.tick()

            self.assertEqual(set(ada.state.accounts), {ada.session_id, "new"})
            self.assertEqual(ada.state.accounts["new"].money, 5)

    def test_crash_after_a_crash(self) -> None:
        """A Room that dies before it wrote anything goes on all the same."""
        with banking() as house:
            ada = house.join_or_create()
            ada.command("add", 3)
            for _ in range(5):
                house.crash()
            ada.rejoin()
            self.assertEqual(ada.command("add", 1), 4)
            error = self.assertRaises(RequestError, ada.command, "refuse")
            self.assertEqual(error.code, 4200)
