"""Tests of `nexus.match.builtin.lobby`: guests that ask for some Rooms only."""

from __future__ import annotations

from typing import Any

from nexus.errors import Code
from nexus.wire.message import UNDEFINED
from tests.match.visiting import enter, news, serve
from tests.support.table import TableTestCase


class FilterTests(TableTestCase):
    def setUp(self) -> None:
        """Serve a lobby and some Rooms, one of them without metadata."""
        super().setUp()
        serve(self.table)
        self.solo = self.table.sit("game", mode="solo")
        self.duo = self.table.sit("game", mode="duo")
        self.bare = self.table.sit("stays")

    def seen(self, wanted: Any) -> list[str]:
        """Return the ids that a client sees who sends a filter."""
        guest = enter(self.table)
        guest.send("filter", wanted)
        self.table.beat()
        cards = guest.messages("rooms")[-1]
        guest.leave()
        return [card["roomId"] for card in cards]

    def test_kind_and_metadata_must_be_equal(self) -> None:
        """A filter names a kind, and values that its Rooms' metadata has."""
        solo, duo, bare = (g.room_id for g in (self.solo, self.duo, self.bare))

        self.assertEqual(self.seen({"name": "game"}), [solo, duo])
        wanted = {"name": "game", "metadata": {"mode": "duo"}}
        self.assertEqual(self.seen(wanted), [duo])
        self.assertEqual(self.seen({"name": "stays", "metadata": {}}), [bare])
        self.assertEqual(self.seen(None), [solo, duo, bare])
        self.assertEqual(self.seen(UNDEFINED), [solo, duo, bare])

    def test_missing_metadata_is_empty(self) -> None:
        """A Room without metadata fits no condition, and hurts nobody."""
        wanted = {"name": "stays", "metadata": {"mode": None}}

        self.assertEqual(self.seen(wanted), [])

    def test_filter_without_name_shows_nothing(self) -> None:
        """Metadata alone, or nothing at all, finds no Room."""
        self.assertEqual(self.seen({"metadata": {"mode": "duo"}}), [])
        self.assertEqual(self.seen({}), [])

    def test_true_is_no_number(self) -> None:
        """Filters that are equal to Python only are two filters."""
        self.bare.client.room.set_metadata({"ranked": True})
        self.table.beat()
        other = enter(self.table, filter={"name": "stays", "metadata": {"ranked": 1}})

        wanted = {"name": "stays", "metadata": {"ranked": True}}
        self.assertEqual(self.seen(wanted), [self.bare.room_id])
        self.assertEqual(other.messages("rooms"), [[]])

    def test_filter_as_an_option(self) -> None:
        """The first `rooms` is filtered, too, if the join options say so."""
        guest = enter(self.table, filter={"name": "stays"})

        [[card]] = guest.messages("rooms")
        self.assertEqual(card["roomId"], self.bare.room_id)

    def test_news_are_filtered(self) -> None:
        """Each client hears of what it asked for; what fits no more is taken away."""
        duo = {"name": "game", "metadata": {"mode": "duo"}}
        guest = enter(self.table, filter=duo)
        everything = enter(self.table)

        self.bare.client.room.lock()
        self.solo.client.room.set_metadata({"mode": "duo"})
        self.duo.client.room.set_metadata({"mode": "trio"})
        self.table.beat()

        self.assertEqual(
            news(guest), [(self.solo.room_id, 1), (self.duo.room_id, None)]
        )
        self.assertEqual(len(news(everything)), 3)

    def test_news_before_the_answer_to_a_filter_are_in_it(self) -> None:
        """A client that waits for `rooms` hears of nothing but that."""
        guest = enter(self.table, filter={"name": "nothing"})
        guest.send("filter", {"name": "game"})
        new = self.table.sit("game", mode="new")
        self.table.beat()

        ids = [card["roomId"] for card in guest.messages("rooms")[-1]]
        self.assertIn(new.room_id, ids)
        self.assertEqual(news(guest), [])

    def test_many_filters_are_answered_once(self) -> None:
        """Only the last filter between two patches is answered."""
        guest = enter(self.table)
        for number in range(20):
            guest.send("filter", {"name": f"kind-{number}"})
        guest.send("filter", {"name": "stays"})
        self.table.beat()

        first, second = guest.messages("rooms")
        self.assertEqual((len(first), len(second)), (3, 1))

    def test_wrong_filter_closes_its_sender(self) -> None:
        """A filter that is none is told so, and hurts nobody else."""
        other = enter(self.table)
        for wrong in (1, [], {"name": 1}, {"name": "x", "metadata": {"a": [1]}}):
            guest = enter(self.table)
            guest.send("filter", wrong)

            self.assertEqual(guest.code, 4002, wrong)
        self.assertIsNone(other.code)

    def test_wrong_filter_as_an_option_is_refused(self) -> None:
        """A join with a filter that is none is denied with what is wrong."""
        guest = self.table.knock("lobby", filter={"name": 5})

        [failure] = guest.failures
        self.assertEqual(failure.code, Code.UNHANDLED)
        self.assertIn("filter.name", failure.text)
