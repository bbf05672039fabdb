"""How bots get into Rooms, and what they are told when they do not."""

from __future__ import annotations

from collections import Counter

from twisted.trial.unittest import SynchronousTestCase

from tests.scenario.sdk.story import Story, Story16, Story17, Story18, until
from tests.support.sdk import SdkError


class Entries(Story):
    def test_create_and_join(self) -> None:
        """Each way into a Room leads into the one that it promises."""
        first = self.join("bench")
        found = self.join("bench", "join")
        either = self.join("bench", "joinOrCreate")
        chosen = self.beside(first)
        other = self.join("bench", "create")

        rooms = [bot.room for bot in (found, either, chosen)]
        self.assertEqual(rooms, [first.room] * 3)
        self.assertNotEqual(other.room, first.room)
        self.assertEqual({first.facts["name"], chosen.facts["name"]}, {"bench"})
        bots = (first, found, either, chosen, other)
        self.assertEqual(len({bot.session for bot in bots}), 5)

    def test_join_or_create_creates(self) -> None:
        """Where there is no Room yet, one is made."""
        bot = self.join("lock", "joinOrCreate")

        self.assertTrue(bot.facts["open"])
        self.assertEqual(bot.facts["token"].partition(":")[0], bot.room)

    def test_many_at_once(self) -> None:
        """Whoever comes at the same time shares Rooms, as many as it takes."""
        bots = self.sdk.join_many(8, self.endpoint, "full", "joinOrCreate")
        rooms = Counter(self.keep(bot).room for bot in bots)

        self.assertEqual(sorted(rooms.values()), [2, 2, 2, 2])

    def test_room_without_state(self) -> None:
        """A Room without a State is joined with the serializer for none."""
        bot = self.join("kick")

        self.assertEqual(bot.facts["serializer"], "none")

    def test_last_one_closes_the_room(self) -> None:
        """A Room that everybody has left is gone."""
        bot = self.join("kick")
        self.assertEqual(bot.leave(), 4000)

        self.assertEqual(self.refused(bot.room, "joinById").code, self.code(522))


class LocalClasses(Story):
    def test_local_class(self) -> None:
        """A game that brings the class of the State needs no Outline."""
        first = self.join("echo")
        first.wait("state")
        bot = self.keep(
            self.sdk.enter(
                endpoint=self.endpoint,
                method="joinById",
                name=first.room,
                options={},
                root=first.look()["fields"],
            )[0]
        )
        bot.wait("state", 3)

        self.assertGreater(bot.state()["n"], 0)


class Reservations(Story):
    def test_reserved_seat(self) -> None:
        """A Seat that somebody else reserved is claimed, and only once."""
        seat = self.reserve("create", "kick")
        bot = self.keep(self.sdk.consume(self.endpoint, seat))
        self.assertEqual(bot.session, seat["sessionId"])

        error = self.assertRaises(SdkError, self.sdk.consume, self.endpoint, seat)

        self.assertEqual(error.code, self.code(524))


class Refusals(Story):
    def test_unknown_kind(self) -> None:
        """A kind that is not registered is refused."""
        for method in ("create", "join", "joinOrCreate"):
            self.assertEqual(self.refused("nothing", method).code, self.code(520))

    def test_no_room(self) -> None:
        """A join that no Room fits is refused, as is an id that is none."""
        self.assertEqual(self.refused("private", "join").code, self.code(521))
        self.assertEqual(self.refused("aaaaaaaaa", "joinById").code, self.code(522))

    def test_room_that_fails_to_open(self) -> None:
        """A Room that raises while it opens is refused without its own words."""
        error = self.refused("create-fails", "create")

        self.assertEqual(error.code, self.code(523))
        self.assertNotIn("secret", error.message)
        self.expected_failures = 1

    def test_room_that_fails_to_take_one_in(self) -> None:
        """A Room that raises at a join refuses it without its own words."""
        error = self.refused("join-fails", "create")

        self.assertEqual(error.code, self.code(526))
        self.assertNotIn("secret", error.message)
        self.expected_failures = 1

    def test_authentication_refuses(self) -> None:
        """Whom the app does not let in is told so."""
        error = self.refused("auth", "create", mode="false")

        self.assertEqual(error.code, self.code(525))

    def test_authentication_fails(self) -> None:
        """An app that raises while it authenticates refuses without its own words."""
        error = self.refused("auth", "create", mode="raise")

        self.assertEqual(error.code, self.code(523))
        self.assertNotIn("secret", error.message)
        self.expected_failures = 1

    def test_authentication_accepts(self) -> None:
        """The token that a game logged in with reaches the app."""
        [bot] = self.sdk.enter(
            endpoint=self.endpoint, method="create", name="auth", options={}, auth="t0k"
        )
        self.keep(bot)

        self.assertEqual(bot.exchange("whoami"), {"token": "t0k"})

    def test_full_room(self) -> None:
        """A full Room is found by nobody until somebody leaves."""
        first = self.join("full")
        second = self.beside(first)
        self.assertEqual(self.refused(first.room, "joinById").code, self.code(522))
        self.assertEqual(self.refused("full", "join").code, self.code(521))
        other = self.join("full", "joinOrCreate")
        self.assertNotEqual(other.room, first.room)
        other.leave()

        second.leave()

        self.assertEqual(self.join("full", "join").room, first.room)

    def test_locked_room(self) -> None:
        """A locked Room is found by nobody until it is unlocked."""
        first = self.join("lock")
        first.exchange("lock", reply="locked")
        self.assertEqual(self.refused(first.room, "joinById").code, self.code(522))
        self.assertEqual(self.refused("lock", "join").code, self.code(521))

        first.exchange("unlock", reply="unlocked")

        self.assertEqual(self.join("lock", "join").room, first.room)

    def test_private_room(self) -> None:
        """A private Room is joined by those who know its id, and by nobody else."""
        first = self.join("private")

        self.assertEqual(self.refused("private", "join").code, self.code(521))
        self.assertNotEqual(self.join("private", "joinOrCreate").room, first.room)
        self.assertEqual(self.beside(first).room, first.room)

    def test_wrong_token(self) -> None:
        """A token that opens no Seat is refused, as is one of a Room that is gone."""
        bot = self.join("echo")

        living = self.refused(f"{bot.room}:wrong", "reconnect")
        gone = self.refused("aaaaaaaaa:wrong", "reconnect")

        self.assertEqual(living.code, self.code(524))
        self.assertEqual(gone.code, self.code(522))

    def test_refused_bots_leave_no_trace(self) -> None:
        """Who was refused at the door does not count as being in the Room."""
        first = self.join("full")
        for _ in range(3):
            self.refused("join-fails", "create")
        second = self.beside(first)

        self.assertTrue(until(lambda: second.look()["open"]))
        self.expected_failures = 3


class Entries16(Entries, Story16, SynchronousTestCase):
    pass


class Entries17(Entries, Story17, SynchronousTestCase):
    pass


class Entries18(Entries, Story18, SynchronousTestCase):
    pass


class LocalClasses16(LocalClasses, Story16, SynchronousTestCase):
    pass


class LocalClasses17(LocalClasses, Story17, SynchronousTestCase):
    pass


class LocalClasses18(LocalClasses, Story18, SynchronousTestCase):
    pass


class Reservations16(Reservations, Story16, SynchronousTestCase):
    pass


class Reservations17(Reservations, Story17, SynchronousTestCase):
    pass


class Reservations18(Reservations, Story18, SynchronousTestCase):
    pass


class Refusals16(Refusals, Story16, SynchronousTestCase):
    pass


class Refusals17(Refusals, Story17, SynchronousTestCase):
    pass


class Refusals18(Refusals, Story18, SynchronousTestCase):
    pass
