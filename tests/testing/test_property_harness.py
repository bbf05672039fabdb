"""The law of the test kit: what is played in it goes as on any other Node."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.testing import Guest, Harness, NotJoined
from nexus.wire.native import plain
from tests import examples
from tests.support.table import NATIVE, Table
from tests.support.table import Guest as Seated
from tests.testing.arena import Arena

#: Who does what: joins, moves, talks, drops, returns, leaves, or lets time pass.
_ACTS = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(["move", "move", "note", "drop", "back", "leave", "wait"]),
        st.integers(-9, 9),
    ),
    max_size=30,
)


def in_harness(script: list[tuple[int, str, int]]) -> tuple[Any, Any]:
    """Play a script with three guests; return what the Room and they know."""
    with Harness(Arena) as house:
        room = house.create()
        room.room.auto_dispose = False
        guests: list[Guest] = [house.join(room) for _ in range(3)]
        for who, act, value in script:
            guest = guests[who]
            try:
                if act in ("move", "note"):
                    guest.send(act, [value, 1] if act == "move" else value)
                elif act == "drop":
                    guest.drop()
                elif act == "back" and guest.closed == (1006, ""):
                    guest.rejoin()
                elif act == "leave":
                    guest.leave()
                else:
                    house.tick()
            except NotJoined:
                continue
        for guest in guests:
            if guest.closed == (1006, ""):
                guest.rejoin()
        house.tick(4)
        names = {guest.session_id: at for at, guest in enumerate(guests)}
        seen = [_dots(guest.state, names) for guest in guests if guest.is_in]
        return (_dots(room.state, names), room.room.heard), seen


def at_table(script: list[tuple[int, str, int]]) -> tuple[Any, Any]:
    """Play it at a Table, where nothing is sent but while somebody is there."""
    table = Table()
    table.define(Arena)
    first = table.sit(**NATIVE)
    first.actor.room.auto_dispose = False
    guests = [first, *(table.sit(**NATIVE) for _ in range(2))]
    room: Any = first.actor.room
    unsent: list[list[tuple[str, Any]]] = [[], [], []]

    def back(who: int) -> None:
        old = guests[who]
        guests[who] = new = old.back(skipHandshake="1")
        old.follow()
        new.replica = old.replica
        new.send("__nexus.resume", {"version": new.replica.version})
        new.ack()
        for type_, payload in unsent[who]:
            new.send(type_, payload)
        unsent[who].clear()

    for who, act, value in script:
        guest, away = guests[who], guests[who].lost and _is_away(guests[who])
        if act in ("move", "note"):
            payload = [value, 1] if act == "move" else value
            if away:
                unsent[who].append((act, payload))
            else:
                guest.send(act, payload)
        elif act == "drop":
            guest.drop()
        elif act == "back":
            if away:
                back(who)
        elif act == "leave":
            guest.leave()
        else:
            table.beat()
        table.hang_up()
    for who in range(3):
        if guests[who].lost and _is_away(guests[who]):
            back(who)
    table.beat(times=4)
    names = {guest.session_id: at for at, guest in enumerate(guests)}
    there = [guest for guest in guests if not guest.lost]
    seen = [_dots(guest.follow().state, names) for guest in there]
    known = _dots(room.state, names), room.heard
    table.background.spawn(first.actor.close(), "clear")
    table.beat(times=40)
    return known, seen


def _is_away(guest: Seated) -> bool:
    return guest.session_id in guest.actor.members


def _dots(state: Any, names: dict[str, int]) -> dict[int, tuple[float, float]]:
    """Return where everybody is, by number."""
    return {
        names[session]: (dot.x, dot.y) for session, dot in sorted(state.dots.items())
    }


class HarnessLawTests(SynchronousTestCase):
    @settings(max_examples=examples(test=60, soak=3_000))
    @given(_ACTS)
    def test_game_goes_as_at_the_table(self, script: list[Any]) -> None:
        """The same script leads to the same State, by either way to a Room."""
        known, seen = in_harness(script)
        known_there, seen_there = at_table(script)

        self.assertEqual(known, known_there)
        self.assertEqual(seen, seen_there)

    @settings(max_examples=examples(test=40, soak=2_000))
    @given(_ACTS)
    def test_patches_lead_from_state_to_state(self, script: list[Any]) -> None:
        """What `patches` tells by path, put one on the other, is what guests know."""
        with Harness(Arena) as house:
            room = house.create()
            ada, bob = house.join(room), house.join(room)
            house.tick()
            for who, act, value in script:
                if act == "move":
                    (ada if who else bob).send("move", [value, value / 2])
                house.tick()

            for guest in (ada, bob):
                said = _said(guest)
                self.assertEqual(said, _flat(plain(guest.state)))


def _said(guest: Guest) -> dict[str, Any]:
    """Put together what a guest was sent."""
    known: dict[str, Any] = {}
    for told in guest.wire():
        if told.what == "state":
            known = _flat(told.content)
        elif told.what == "patch":
            for path, value in told.content.items():
                known |= _flat(value, path)
    return known


def _flat(value: Any, path: str = "") -> dict[str, Any]:
    """Write nested dicts as paths."""
    if not isinstance(value, dict):
        return {path: value}
    found: dict[str, Any] = {}
    for key, entry in value.items():
        found |= _flat(entry, f"{path}.{key}" if path else key)
    return found
