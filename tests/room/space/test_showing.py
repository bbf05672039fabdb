"""Tests of `nexus.room.space.showing`: Maps of States in a Space."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus import OWNER, SHOWN, Map, Role, Room, State, field, float32, uint8
from nexus.errors import StateError
from nexus.sim import Grid
from nexus.testing import Harness
from tests import examples


class Player(State):
    x: float32
    y: float32
    gold: uint8 = field(default=7, visible=OWNER)
    notes: uint8 = field(default=9, visible=Role("gm"))


class World(State):
    players: Map[str, Player] = field(visible=SHOWN)
    open: Map[str, Player]


class Plain(Room):
    """A Room in which players see who is near."""

    def on_create(self, options: Any) -> None:
        """Set up a Space of 10 x 10 Cells."""
        self.state = World()
        grid = Grid(cell=10, bounds=(0, 0, 100, 100))
        self.space = self.make_space(grid, self.state.players, radius=15, slack=0)

    def on_join(self, client: Any, options: Any) -> None:
        """Put a player somewhere, and let the client follow it."""
        player = Player(x=options["x"], y=50)
        player.owner = client.session_id
        self.state.players[client.session_id] = player
        self.space.follow(client, player)

    def on_drop(self, client: Any, code: int) -> None:
        """Keep the seat of who is lost."""
        self.allow_reconnection(client, 1000)


def names(guest: Any) -> set[str]:
    """Return whom a guest sees."""
    return set(guest.state.players)


class ShowingTests(SynchronousTestCase):
    def test_players_see_who_is_near(self) -> None:
        """Who comes near is shown, and who goes is not; each sees itself at once."""
        with Harness(Plain) as house:
            ada = house.join_or_create(x=10)
            bob = house.join_or_create(x=90)
            house.tick(3)
            self.assertEqual(names(ada), {ada.session_id})

            house.rooms[0].state.players[bob.session_id].x = 20
            house.tick(3)

            self.assertEqual(names(ada), {ada.session_id, bob.session_id})
            self.assertEqual(names(ada), names(bob))
            house.rooms[0].state.players[ada.session_id].x = 99
            house.tick(3)
            self.assertEqual(names(bob), {bob.session_id})

    def test_what_is_private_stays_so(self) -> None:
        """Rules of fields hold for States that are shown by where they are."""
        with Harness(Plain) as house:
            ada = house.join_or_create(x=10)
            bob = house.join_or_create(x=12)
            house.tick(3)

            mine = ada.state.players[ada.session_id]
            other = ada.state.players[bob.session_id]
            self.assertEqual(mine.gold, 7)
            self.assertFalse(hasattr(other, "gold"))
            self.assertFalse(hasattr(mine, "notes"))

    def test_a_map_for_everybody_is_refused(self) -> None:
        """Only what is shown to some can be shown by where it is."""
        with Harness(Plain) as house:
            room = house.create().room
            grid = Grid(cell=10, bounds=(0, 0, 100, 100))

            with self.assertRaisesRegex(StateError, "visible=SHOWN"):
                room.make_space(grid, room.state.open, radius=10)

    def test_a_space_comes_before_clients(self) -> None:
        """Who has all already could not be told to see less."""
        with Harness(Plain) as house:
            house.join_or_create(x=10)
            room = house.rooms[0].room
            grid = Grid(cell=10, bounds=(0, 0, 100, 100))

            with self.assertRaisesRegex(StateError, "in on_create"):
                room.make_space(grid, room.state.players, radius=10)

    def test_who_was_away_sees_who_is_near_by_now(self) -> None:
        """Who walked off meanwhile is not there, and nothing more is told of it."""
        with Harness(Plain) as house:
            ada, bob, eve = [house.join_or_create(x=x) for x in (15, 18, 90)]
            house.tick(3)
            players = house.rooms[0].state.players
            self.assertEqual(names(ada), {ada.session_id, bob.session_id})
            ada.drop()
            house.tick(2)
            players[bob.session_id].x = 70
            players[eve.session_id].x = 20
            house.tick(5)

            ada.rejoin()
            house.tick(3)

            self.assertEqual(names(ada), {ada.session_id, eve.session_id})
            self.assertTrue(bob.was_told(70.0))
            self.assertFalse(ada.was_told(70.0))

    @settings(max_examples=examples(test=40, soak=400))
    @given(
        st.lists(
            st.tuples(st.integers(0, 2), st.integers(0, 99) | st.booleans()),
            max_size=12,
        )
    )
    def test_all_see_just_who_is_near(self, steps: list[tuple[int, int]]) -> None:
        """Whoever walks where, is lost and returns: each sees those in its Cells."""
        with Harness(Plain) as house:
            guests = [house.join_or_create(x=x) for x in (5, 15, 95)]
            room = house.rooms[0].room
            away: set[int] = set()
            for who, x in steps:
                if not isinstance(x, bool):
                    room.state.players[guests[who].session_id].x = x
                elif x and who not in away:
                    away.add(who)
                    guests[who].drop()
                elif who in away and not x:
                    away.remove(who)
                    guests[who].rejoin()
                house.tick(2)
            for who in away:
                guests[who].rejoin()
            house.tick(3)
            for guest in guests:
                watched = room.clients.get(guest.session_id)
                seen = {
                    name
                    for name, player in room.state.players.items()
                    if room.space.sees(watched, room.space.tiling.cell(player.x, 50))
                }
                self.assertEqual(names(guest), seen)
