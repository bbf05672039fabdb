"""Tests of `nexus.room.seat.hold`."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.room import Hold, NotReturned
from tests.support.table import begin


class HoldTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Make a hold, and note what becomes of it."""
        self.notes: list[str] = []
        self.client: Any = object()
        self.hold = Hold(self.client)
        self.hold.on_settled(lambda: self.notes.append("cancelled"))
        self.hold.on_end(lambda: self.notes.append("ended"))

    def wait(self) -> list[Any]:
        """Await the hold; return where what comes of it is put."""
        got: list[Any] = []

        async def wait() -> Any:
            return await self.hold

        begin(wait()).addBoth(got.append)
        return got

    def test_all_who_wait_get_the_client(self) -> None:
        """Whoever awaits it, before or after, gets the client that is back."""
        early = self.wait() + self.wait()
        waiting = [self.wait(), self.wait()]

        self.hold.take()

        self.assertEqual(early, [])
        self.assertEqual([*waiting, self.wait()], [[self.client]] * 3)
        self.assertEqual(self.notes, ["cancelled"])

    def test_all_who_wait_learn_of_the_end(self) -> None:
        """Whoever awaits it, before or after, learns that nobody came."""
        waiting = [self.wait(), self.wait()]

        self.hold.end()

        for got in [*waiting, self.wait()]:
            got[0].trap(NotReturned)
        self.assertEqual(self.notes, ["cancelled", "ended"])

    def test_end_is_the_end(self) -> None:
        """What was settled stays so."""
        self.hold.end()
        self.hold.take()
        self.hold.end()

        self.assertIs(self.hold.returned, False)
        self.assertEqual(self.notes, ["cancelled", "ended"])
