"""Tests of frames that go the short way, many of them at once."""

from __future__ import annotations

from typing import Any

from nexus.errors import Close
from tests.room.fanout.deck import DeckTestCase
from tests.support.table import NATIVE


class ShortTests(DeckTestCase):
    def test_one_that_cannot_be_written_costs_nobody_else_a_patch(self) -> None:
        """Who could be sent only a part is let go; all others are told, in each way."""
        for options in ({}, NATIVE):
            guests = [self.seated(**options) for _ in range(4)]
            for guest in guests:
                if options:
                    guest.follow()
            self.table.beat(times=3)
            outlet = guests[0].socket.outlet
            outlet.send, outlet.write = _all_but_one, _refuse
            # What is too long for this one comes after the others.
            guests[2].socket.outlet.most = 0
            before = [len(guest.socket.sent) for guest in guests]

            self.state(guests[0]).turn += 1
            self.table.beat()

            self.assertEqual(len(self.flushLoggedErrors(OSError)), 1)
            after = [len(guest.socket.sent) for guest in guests]
            told = [one - other for one, other in zip(after, before, strict=True)]
            self.assertEqual(told[1:], [1, 1, 1])
            code, _ = guests[0].socket.closed or (None, "")
            self.assertEqual(code, Close.MAY_REJOIN)
            self.table.hang_up()

    def test_who_missed_nothing_is_told_the_short_way(self) -> None:
        """A client that is back without a patch to catch up goes on as before."""
        guest = self.seated(**NATIVE)
        version = guest.follow().version
        guest.drop()
        back = guest.back(skipHandshake="1")
        back.send("__nexus.resume", {"version": version})
        back.ack()
        self.table.beat(times=2)
        taken: list[bytes] = []
        outlet = back.socket.outlet
        send = outlet.send

        def take(frame: bytes) -> int:
            taken.append(frame)
            return send(frame)

        outlet.send = take
        for _ in range(5):
            self.state(back).turn += 1
            self.table.beat()

        self.assertEqual(len(taken), 5)


def _all_but_one(frame: bytes) -> int:
    return len(frame) - 1


def _refuse(rest: bytes) -> Any:
    raise OSError(28, f"nobody can watch for {len(rest)} bytes")
