"""Tests of `nexus.match.maker`: kinds that have one Room a key."""

from __future__ import annotations

from typing import Any

from nexus.errors import Code, Refused
from tests.match.wishing import MatchTestCase
from tests.support.room import Gate, scripted


class UniqueTests(MatchTestCase):
    def test_there_is_one_room_a_key(self) -> None:
        """A kind with a unique key has one Room for each of its values."""
        self.table.define(scripted(), unique_by=("map",))

        rooms = [self.table.reserve(map=name).listing.room_id for name in "aab"]

        self.assertEqual(len(set(rooms)), 2)
        refusal = self.refusal(self.table.matchmaker.create("room", {"map": "a"}))
        self.assertEqual(refusal.code, Code.NO_MATCH)

    def test_at_once_there_is_one(self) -> None:
        """Those who ask for a key while its Room opens all wait for that one."""
        gate = Gate()
        self.table.define(scripted(script={"on_create": gate.wait}), unique_by=("map",))
        got = self.wishes(5, map="a")

        gate.open()

        self.assertEqual(len({each.listing.room_id for each in got}), 1)

    def test_full_one_has_no_twin(self) -> None:
        """When the one Room of a key is full, nobody gets another one."""
        self.table.define(scripted(max_clients=1), unique_by=("map",))
        self.table.reserve(map="a")

        refusal = self.refusal(
            self.table.matchmaker.join_or_create("room", {"map": "a"})
        )

        self.assertEqual(refusal.code, Code.NO_ROOM)
        self.assertEqual(len(self.table.rooms), 1)

    def end(self, gate: Gate) -> str:
        """Begin to end the one Room of a key, which waits; return its id."""
        self.kind = scripted(script={"on_dispose": gate.wait})
        self.table.define(self.kind, unique_by=("map",))
        guest = self.table.sit(map="a")
        guest.leave()
        return guest.room_id

    def test_key_is_free_when_the_room_has_ended(self) -> None:
        """Those who want a key wait for the end of its Room, and share the next one."""
        gate = Gate()
        room_id = self.end(gate)

        got = self.wishes(3, map="a")
        refusal = self.refusal(self.table.matchmaker.join("room", {"map": "a"}))
        self.assertEqual((got, refusal.code), ([], Code.NO_MATCH))
        self.kind.script.clear()
        gate.open()

        self.assertEqual(len({each.listing.room_id for each in got}), 1)
        self.assertEqual(len(got), 3)
        self.assertNotEqual(got[0].listing.room_id, room_id)

    def test_end_is_waited_for_no_longer_than_a_seat_is_kept(self) -> None:
        """A Room that takes too long to end lets nobody wait for ever."""
        gate = Gate()
        self.end(gate)
        got = self.wishes(1, map="a")

        self.table.clock.advance(14.9)
        self.assertEqual(got, [])
        self.table.clock.advance(0.2)

        self.assertEqual(got[0].value.code, Code.NO_ROOM)
        self.kind.script.clear()
        gate.open()
        self.assertTrue(self.table.reserve(map="a"))

    def test_rooms_that_end_again_and_again(self) -> None:
        """Who finds one Room after another ending is refused, and does not loop."""
        gate = Gate()
        self.end(gate)
        maker = self.table.matchmaker.maker
        [actor] = maker._unique.values()
        got = self.wishes(1, map="a")
        actor.on_closed(lambda: maker._unique.update({("room", "a"): actor}))

        gate.open()

        self.assertEqual(str(got[0].value), "its rooms end too soon")
        maker._unique.clear()

    def test_equal_values_are_one_key(self) -> None:
        """Numbers and objects that mean the same lead into the same Room."""
        self.table.define(scripted(), unique_by=("map",))

        def where(value: Any) -> str:
            room_id: str = self.table.reserve(map=value).listing.room_id
            return room_id

        self.assertEqual(where(1), where(1.0))
        self.assertEqual(where({"a": 1, "b": [2]}), where({"b": [2.0], "a": 1}))
        self.assertEqual(len({where(each) for each in (1, True, "1", [1], None)}), 5)

    def test_failed_creation_frees_the_key(self) -> None:
        """A Room that could not be made keeps no key."""
        room = scripted(script={"on_create": lambda *_: 1 / 0})
        self.table.define(room, unique_by=("map",))
        self.assertRaises(Refused, self.table.reserve, map="a")
        room.script.clear()

        self.assertTrue(self.table.reserve(map="a"))
        self.logged(ZeroDivisionError)
