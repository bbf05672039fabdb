"""Tests of `nexus.match.keeper.sleeper`: who wakes a Room, and who does not."""

from __future__ import annotations

from typing import Any

from attrs import evolve
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from nexus import App
from nexus.archive.memory import MemoryArchive
from nexus.archive.port import Status
from nexus.errors import Close, Code, Refused
from nexus.room import Context
from nexus.room.phase import Rest
from nexus.store.port import StoreError
from nexus.testing import Guest, Harness
from tests.room.bank import Bank, banking


def token_of(guest: Guest) -> str:
    """Return the token by which somebody comes back."""
    return guest.reconnection_token.partition(":")[2]


class WakeTests(SynchronousTestCase):
    def asleep(self, house: Harness) -> Guest:
        """Return a guest of before, of a Room that sleeps."""
        ada = house.join_or_create()
        ada.command("add", 7)
        ada.leave()
        house.advance(61)
        self.assertEqual(house.rooms, [])
        return ada

    def resting(self, house: Harness) -> Guest:
        """Return a guest of a Room that could not go on, and waits to be woken."""
        ada = house.join_or_create()
        ada.command("add", 7)
        self.wrong.append(KeyError("not now"))
        house.crash()
        self.assertEqual((house.rooms, len(house.failures)), ([], 1))
        return ada

    def setUp(self) -> None:
        """Let Rooms go on, as long as nothing is wrong."""
        self.wrong: list[Exception] = []
        self.reads: list[str] = []
        wrong, reads, read = self.wrong, self.reads, MemoryArchive.read

        def on_restore(room: Any, info: Any) -> None:
            if wrong:
                raise wrong.pop()

        async def counted(archive: MemoryArchive, room_id: str, *said: Any) -> Any:
            reads.append(room_id)
            return await read(archive, room_id, *said)

        self.patch(MemoryArchive, "read", counted)
        self.on_restore = on_restore

    def put_to_rest(self, house: Harness) -> None:
        """Let the only Room rest, with all who belong to it."""
        house.advance(1)
        [actor] = house.matchmaker.registry
        resting = actor.suspend(Close.MAY_REJOIN, Rest.STOPPED)
        ended = Deferred.fromCoroutine(resting)
        house.advance(1)
        self.successResultOf(ended)
        self.assertEqual(house.rooms, [])

    def refused(self, house: Harness, room_id: str, token: object) -> int:
        """Return why nobody comes back by a token."""
        options = {} if token is None else {"reconnectionToken": token}
        context = Context("", "10.9.9.9", {})
        returning = house.matchmaker.reconnect(room_id, options, context)
        asking = Deferred.fromCoroutine(returning)
        return int(self.failureResultOf(asking, Refused).value.code)

    def come_back(self, house: Harness, guest: Guest) -> None:
        """Wake a Room by the token of one who was in it."""
        options = {"reconnectionToken": token_of(guest)}
        context = Context("", "10.9.9.9", {})
        returning = house.matchmaker.reconnect(guest.room_id, options, context)
        self.successResultOf(Deferred.fromCoroutine(returning))
        guest.rejoin()

    def test_who_is_not_let_in_wakes_nobody(self) -> None:
        """A Room sleeps on while `on_auth_static` refuses those who ask for it."""

        def on_auth_static(token: str, options: Any, context: Any) -> bool:
            return not options.get("hostile")

        with banking(on_auth_static=staticmethod(on_auth_static)) as house:
            ada = self.asleep(house)
            self.reads.clear()
            for name in (ada.room_id, "no such room"):
                joining = house.matchmaker.join_by_id(
                    name, {"hostile": True}, Context("", "10.9.9.9", {})
                )
                failed = self.failureResultOf(Deferred.fromCoroutine(joining), Refused)
                known = name == ada.room_id
                code = Code.AUTH_FAILED if known else Code.NO_ROOM
                self.assertEqual(failed.value.code, code)
            self.assertEqual((house.rooms, self.reads), ([], []))
            card = house.archive.rooms[ada.room_id].card
            self.assertEqual((card.status, card.epoch), (Status.HIBERNATING, 1))

            bob = house.join_by_id(ada.room_id)
            self.assertEqual(bob.command("add", 1), 8)

    def test_locked_room_is_woken_by_its_members_only(self) -> None:
        """Nobody new wakes a Room that lets nobody new in; who has a seat does."""

        def on_auth_static(token: str, options: Any, context: Any) -> dict[str, str]:
            return {"session_id": options["name"]}

        with banking(on_auth_static=staticmethod(on_auth_static)) as house:
            ada = house.join_or_create(name="ada")
            ada.command("add", 7)
            house.rooms[0].room.lock()
            self.put_to_rest(house)
            context = Context("", "10.9.9.9", {})
            code = house.archive.rooms[ada.room_id].card.code
            for name in (ada.room_id, code):
                joining = house.matchmaker.join_by_id(name, {"name": "eve"}, context)
                failed = self.failureResultOf(Deferred.fromCoroutine(joining), Refused)
                self.assertEqual(failed.value.code, Code.NO_ROOM)
                self.assertIn("is locked", str(failed.value))
            card = house.archive.rooms[ada.room_id].card
            self.assertEqual((house.rooms, card.epoch), ([], 1))

            joining = house.matchmaker.join_by_id(ada.room_id, {"name": "ada"}, context)
            seat = self.successResultOf(Deferred.fromCoroutine(joining))
            self.assertEqual((seat.session_id, len(house.rooms)), ("ada", 1))

    def test_token_that_lets_nobody_in_wakes_nobody(self) -> None:
        """Whoever guesses tokens has the Room looked at once, and never woken."""
        with banking(on_restore=self.on_restore) as house:
            ada = self.resting(house)
            epoch = house.archive.rooms[ada.room_id].card.epoch
            right = token_of(ada)
            session_id, count, proof = right.split(".")
            self.reads.clear()
            for token in (
                "x",
                f"{session_id}.{count}.{proof[::-1]}",
                f"{session_id}.0.{proof}",
                f"{session_id}.{count}",
                f"{session_id}.٣.{proof}",
                f"nobody.{count}.{proof}",
                right + "x",
            ):
                code = self.refused(house, ada.room_id, token)
                self.assertEqual(code, Code.EXPIRED, token)
            for token in (None, "", 7):
                code = self.refused(house, ada.room_id, token)
                self.assertEqual(code, Code.UNHANDLED)
            self.assertEqual(self.refused(house, "gone", right), Code.NO_ROOM)
            self.assertEqual((house.rooms, self.reads), ([], [ada.room_id]))
            card = house.archive.rooms[ada.room_id].card
            self.assertEqual(card.epoch, epoch)

            self.come_back(house, ada)
            self.assertEqual(ada.command("add", 1), 8)

    def test_token_of_who_left_for_good(self) -> None:
        """Whose seat is gone wakes nobody with the token that it had."""
        with banking() as house:
            ada = self.asleep(house)
            token = token_of(ada)
            code = self.refused(house, ada.room_id, token)

            self.assertEqual((code, house.rooms), (Code.EXPIRED, []))

    def test_large_room_is_looked_at_in_a_thread(self) -> None:
        """What is kept of a Room that is large is read aside, with the same end."""
        with banking(on_restore=self.on_restore) as house:
            ada = house.join_or_create()
            house.rooms[0].state.accounts[ada.session_id].notes.append("x" * 40_000)
            house.advance(1)
            self.wrong.append(KeyError("not now"))
            house.crash()
            self.assertEqual(len(house.failures), 1)

            self.assertEqual(self.refused(house, ada.room_id, "x.1.y"), Code.EXPIRED)
            self.come_back(house, ada)

    def test_what_cannot_be_read_is_found_by_who_wakes_it(self) -> None:
        """A token is not refused because the Room is damaged: it is set aside."""
        with banking(on_restore=self.on_restore) as house:
            ada = self.resting(house)
            kept = house.archive.rooms[ada.room_id]
            last = kept.entries[max(kept.entries)]
            payload = b"\xc1" + last.payload[1:]
            kept.entries[last.number] = evolve(last, payload=payload)
            code = self.refused(house, ada.room_id, token_of(ada))

            self.assertEqual(code, Code.NO_ROOM)
            self.assertIs(
                house.archive.rooms[ada.room_id].card.status, Status.QUARANTINED
            )
            self.assertEqual(len(house.failures), 2)

    def test_database_that_does_not_answer(self) -> None:
        """Who cannot be told whether a token is good may try again."""
        with banking(on_restore=self.on_restore) as house:
            ada = self.resting(house)

            async def read(archive: MemoryArchive, *said: Any) -> Any:
                raise StoreError("too long")

            self.patch(MemoryArchive, "read", read)
            code = self.refused(house, ada.room_id, token_of(ada))

            self.assertEqual(code, Code.STOPPING)

    def test_who_came_since_another_wake_is_let_in(self) -> None:
        """Who looks while others wake the Room keeps nobody out who joins it then."""
        with banking() as house:
            ada, bob = house.join_or_create(), house.join_or_create()
            self.put_to_rest(house)
            first, read = [ada], MemoryArchive.read

            async def late(archive: MemoryArchive, room_id: str, *said: Any) -> Any:
                if first:
                    self.come_back(house, first.pop())
                return await read(archive, room_id, *said)

            self.patch(MemoryArchive, "read", late)
            self.come_back(house, bob)
            eve = house.join_or_create()
            self.assertEqual(len(house.rooms), 1)
            self.put_to_rest(house)

            self.come_back(house, eve)
            self.assertEqual(eve.command("add", 1), 1)

    def test_who_comes_as_a_node_starts_wakes_nobody(self) -> None:
        """Rooms that go on with the start are not claimed by joins at the same time."""
        app = App()
        app.define("bank", Bank, unique_by=["town"])
        with Harness(app) as house:
            ada = house.join_or_create("bank", town="x")
            self.put_to_rest(house)
            maker = house.matchmaker.maker
            maker.stopping = "the node is starting"
            for join in (house.matchmaker.join, house.matchmaker.join_or_create):
                joining = join("bank", {"town": "x"}, Context("", "10.9.9.9", {}))
                failed = self.failureResultOf(Deferred.fromCoroutine(joining), Refused)
                self.assertEqual(failed.value.code, Code.STOPPING)
            card = house.archive.rooms[ada.room_id].card
            self.assertEqual((house.rooms, card.epoch), ([], 1))

            maker.stopping = None
            bob = house.join_or_create("bank", town="x")
            self.assertEqual(bob.room_id, ada.room_id)
