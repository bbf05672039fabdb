"""Tests of `nexus.match.listing`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import inf
from types import SimpleNamespace
from typing import Any

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.match import Listing
from nexus.match.listing import _READ as READ
from nexus.match.listing import foremost, matches, ordered

CARD = Listing(
    room_id="r1",
    name="arena",
    process_id="p1",
    clients=3,
    max_clients=None,
    locked=False,
    private=False,
    unlisted=False,
    metadata={"mode": "duel", "clients": 99},
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)

values = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.just([1])
)


class ListingTests(SynchronousTestCase):
    def test_card_in_the_words_of_the_sdk(self) -> None:
        """A card is written as Colyseus' clients read it."""
        plain = CARD.plain()

        self.assertEqual(plain["maxClients"], inf)
        self.assertEqual((plain["roomId"], plain["processId"]), ("r1", "p1"))
        self.assertEqual(evolve(CARD, max_clients=4).plain()["maxClients"], 4)
        self.assertNotIn("metadata", evolve(CARD, metadata=None).plain())

    def test_fields_stand_above_metadata(self) -> None:
        """What the card itself says is not overridden by metadata."""
        self.assertEqual(CARD.value("clients"), 3)
        self.assertEqual(CARD.value("mode"), "duel")
        self.assertEqual(CARD.value("room_id"), "r1")
        self.assertIsNone(CARD.value("nothing"))
        self.assertIsNone(evolve(CARD, metadata=None).value("mode"))

    def test_conditions_are_equality(self) -> None:
        """All conditions must hold, and True is not 1."""
        self.assertTrue(matches(CARD, {}))
        self.assertTrue(matches(CARD, {"name": "arena", "mode": "duel", "clients": 3}))
        self.assertFalse(matches(CARD, {"mode": "team"}))
        self.assertFalse(matches(CARD, {"locked": 0}))
        self.assertTrue(matches(CARD, {"nothing": None}))

    def test_oldest_is_first(self) -> None:
        """Without another order, and among equals, the oldest is first."""
        later = evolve(CARD, room_id="r2", created_at=CARD.created_at + timedelta(1))

        for sort_by in ((), (("clients", True),)):
            found = ordered([later, CARD], sort_by)
            self.assertEqual([each.room_id for each in found], ["r1", "r2"])

    def test_several_fields_order(self) -> None:
        """The first field counts most."""
        cards = [
            evolve(CARD, room_id=name, clients=clients, metadata={"rank": rank})
            for name, clients, rank in (("a", 1, 2), ("b", 2, 1), ("c", 2, 2))
        ]

        found = ordered(cards, (("clients", True), ("rank", False)))

        self.assertEqual("".join(each.room_id for each in found), "bca")

    @given(st.lists(values), st.booleans())
    def test_any_values_can_be_ordered(
        self, ranks: list[Any], descending: bool
    ) -> None:
        """Metadata of any type is ordered somehow, and no card is lost."""
        cards = [evolve(CARD, metadata={"rank": rank}) for rank in ranks]

        found = ordered(cards, (("rank", descending),))

        self.assertEqual(len(found), len(cards))


class ForemostTests(SynchronousTestCase):
    FIELDS = (*READ, "rank")

    @given(
        st.lists(
            st.tuples(
                st.integers(0, 3),
                st.none() | st.integers(1, 3),
                st.none() | st.fixed_dictionaries({"rank": st.integers(0, 2)}),
            ),
            min_size=1,
        ),
        st.lists(st.tuples(st.sampled_from(FIELDS), st.booleans()), max_size=3),
    )
    def test_it_is_the_first_of_the_order(
        self, rooms: list[Any], sort_by: list[tuple[str, bool]]
    ) -> None:
        """Without cards the same Room is first as with them."""
        actors: list[Any] = [
            SimpleNamespace(
                room_id=str(number),
                kind="arena",
                seats=range(clients),
                room=SimpleNamespace(max_clients=most),
                is_locked=bool(clients % 2),
                sign=SimpleNamespace(
                    private=most == 2, unlisted=clients == 2, metadata=metadata
                ),
                created_at=float(number),
            )
            for number, (clients, most, metadata) in enumerate(rooms)
        ]

        found = foremost(actors, sort_by)

        cards = ordered((Listing.of(each, "") for each in actors), sort_by)
        self.assertEqual(found.room_id, cards[0].room_id)

    @given(st.lists(values, min_size=1), st.booleans())
    def test_any_values_can_be_compared(
        self, ranks: list[Any], descending: bool
    ) -> None:
        """Metadata of any type leaves some Room the first."""
        actors: list[Any] = [
            SimpleNamespace(sign=SimpleNamespace(metadata={"r": rank}))
            for rank in ranks
        ]

        self.assertIn(foremost(actors, (("r", descending),)), actors)
