"""A list that follows a lobby's messages is what a newcomer is told."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from nexus.errors import Refused
from nexus.wire.message import decode
from tests import examples
from tests.match.builtin.test_lobby import enter, serve
from tests.support.table import Guest, Table, TableTestCase, result

#: What is done to a world of Rooms: which Room, and what.
_ACTS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.sampled_from(["join", "leave", "lock", "hide", "mode", "beat", "filter"]),
        st.sampled_from(["a", "b"]),
    ),
    max_size=40,
)


class MirrorTests(TableTestCase):
    @settings(max_examples=examples(test=60, soak=5_000))
    @given(_ACTS)
    def test_client_that_follows_knows_what_is_true(self, acts: list[Any]) -> None:
        """Whatever happens, a list kept by the messages equals a newcomer's."""
        table = Table()
        serve(table)
        watchers = [
            enter(table),
            enter(table, filter={"name": "game", "metadata": {"mode": "a"}}),
        ]
        games: dict[int, list[Guest]] = {}
        for number, act, mode in acts:
            self.act(table, games.setdefault(number, []), act, mode)
            if act == "filter":
                watchers[0].send("filter", {"name": "game", "metadata": {"mode": mode}})
                watchers[0].send("filter", None)
        table.beat(times=2)

        for watcher, wanted in zip(
            watchers, (None, {"name": "game", "metadata": {"mode": "a"}}), strict=True
        ):
            [truth] = enter(table, filter=wanted).messages("rooms")
            self.assertEqual(
                followed(watcher), {each["roomId"]: each for each in truth}
            )
        self.clear(table)

    def act(self, table: Table, guests: list[Guest], act: str, mode: str) -> None:
        """Do one thing."""
        if act == "beat":
            table.beat()
        elif act == "join" and not guests:
            guests.append(table.sit("game", mode=mode))
        elif act == "join":
            try:
                room_id = guests[0].room_id
                seat = table.matchmaker.join_by_id(room_id, {})
                guests.append(table.come(result(seat)).ack())
            except Refused:
                self.assertTrue(guests[0].actor.is_locked)
        elif guests and act == "leave":
            guests.pop().leave()
        elif guests and act == "lock":
            guests[0].client.room.lock()
        elif guests and act == "hide":
            guests[0].client.room.set_private(not guests[0].actor.sign.private)
        elif guests and act == "mode":
            guests[0].client.room.set_metadata({"mode": mode})


def followed(guest: Guest) -> dict[str, Any]:
    """Return the list that a client has who follows the messages."""
    rooms: dict[str, Any] = {}
    for frame in guest.frames:
        type_ = getattr(frame, "type", None)
        if type_ == "rooms":
            rooms = {each["roomId"]: each for each in decode(frame.payload)}
        elif type_ == "+":
            room_id, card = decode(frame.payload)
            rooms[room_id] = card
        elif type_ == "-":
            rooms.pop(decode(frame.payload), None)
    return rooms
