"""Plays the arena in memory: `python -m unittest examples.arena.test_arena`."""

from __future__ import annotations

from unittest import TestCase

from examples.arena import app
from examples.arena.body import REST, Body, radius_of
from examples.arena.room import Arena
from examples.arena.world import HEIGHT, WIDTH, Orb
from nexus.testing import Guest, Harness, RequestError


def arena_of(guest: Guest) -> Arena:
    """Return the Room that somebody plays in."""
    room = guest.room.room
    assert isinstance(room, Arena)
    return room


class ArenaTests(TestCase):
    def test_who_steers_moves_for_all(self) -> None:
        """Others see somebody move to where it was steered."""
        with Harness(app) as house:
            ada = house.join_or_create(name="Ada")
            bob = house.join_or_create(name="Bob")
            body = arena_of(ada).bodies[ada.session_id]
            body.x, body.y = 800.0, 500.0

            ada.send("steer", {"x": 1, "y": 0})
            house.advance(1)

            seen = bob.state.players[ada.session_id]
            self.assertEqual(seen.name, "Ada")
            self.assertGreater(seen.x, 900)
            self.assertAlmostEqual(seen.y, 500, delta=60)

    def test_nobody_steers_beyond_full_speed(self) -> None:
        """A direction that is no direction is refused."""
        with Harness(app) as house:
            ada = house.join_or_create()

            with self.assertRaises(RequestError) as caught:
                ada.request("steer", {"x": 40, "y": 0})

            self.assertEqual(caught.exception.name, "invalid_payload")

    def test_bots_keep_company(self) -> None:
        """Bots fill the places of people, and go when people come."""
        with Harness(app) as house:
            guests = [house.join_or_create() for _ in range(4)]
            house.tick()
            bots = [each for each in guests[0].state.players.values() if each.bot]
            self.assertEqual(len(bots), 2)

            guests += [house.join_or_create() for _ in range(4)]
            house.tick()

            self.assertEqual(len(guests[0].state.players), 8)
            self.assertFalse(any(p.bot for p in guests[0].state.players.values()))

    def test_who_finds_an_orb_grows(self) -> None:
        """An orb goes to who is upon it, and another one appears."""
        with Harness(app) as house:
            ada = house.join_or_create()
            arena = arena_of(ada)
            body = arena.bodies[ada.session_id]
            before = len(arena.state.orbs)
            score = arena.state.players[ada.session_id].score
            arena.state.orbs["mine"] = Orb(x=body.x, y=body.y, worth=5)

            house.tick(2)

            self.assertGreaterEqual(ada.state.players[ada.session_id].score, score + 5)
            self.assertNotIn("mine", ada.state.orbs)
            self.assertGreaterEqual(len(ada.state.orbs), before)

    def test_rush_scatters_what_another_gathered(self) -> None:
        """Who is hit by a rush loses a fifth, once, and all of it lies around."""
        with Harness(app) as house:
            guests = [house.join_or_create() for _ in range(6)]
            ada, bob = guests[:2]
            arena = arena_of(ada)
            for at, guest in enumerate(guests):
                body = arena.bodies[guest.session_id]
                body.x, body.y = 100.0 + 60 * at, 900.0
            arena.state.orbs.clear()
            one, other = (arena.bodies[each.session_id] for each in (ada, bob))
            one.x, one.y, other.x, other.y = 500.0, 500.0, 580.0, 500.0
            arena.state.players[bob.session_id].score = 50

            ada.send("steer", {"x": 1, "y": 0})
            self.assertTrue(ada.request("rush"))
            house.advance(0.2)

            players = arena.state.players
            orbs = sum(each.worth for each in arena.state.orbs.values())
            found = sum(each.score for each in players.values()) - 40
            self.assertEqual(players[bob.session_id].score, 40)
            self.assertEqual(orbs + found, 10)
            self.assertEqual(ada.messages("hit")[0]["lost"], 10)
            self.assertFalse(ada.request("rush"))
            house.advance(REST)
            self.assertTrue(ada.request("rush"))

    def test_who_returns_keeps_its_place(self) -> None:
        """A lost client is shown as away, and returns to what it had."""
        with Harness(app) as house:
            ada = house.join_or_create()
            bob = house.join_or_create()
            arena_of(ada).state.players[ada.session_id].score = 9
            ada.drop()
            house.tick()
            self.assertTrue(bob.state.players[ada.session_id].away)

            ada.rejoin()
            house.tick()

            self.assertFalse(bob.state.players[ada.session_id].away)
            self.assertGreaterEqual(ada.state.players[ada.session_id].score, 9)


class BodyTests(TestCase):
    def test_nobody_leaves_the_arena(self) -> None:
        """The edge holds, however fast somebody is."""
        body = Body(10, 10, speed_x=1e6, speed_y=-1e6)

        body.advance(0.05, 20)

        self.assertEqual((body.x, body.y), (WIDTH - 20, 20))
        self.assertLess(body.y, HEIGHT)

    def test_growth_has_an_end(self) -> None:
        """The largest is not larger than the arena bears."""
        self.assertEqual(radius_of(0), 16)
        self.assertEqual(radius_of(65_535), 54)
