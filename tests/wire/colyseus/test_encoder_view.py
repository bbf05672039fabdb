"""Official clients of every major mirror what they may see of a State."""

from __future__ import annotations

from typing_extensions import override

from tests.wire.colyseus.cards import Card, Seat, Table
from tests.wire.colyseus.stage import StageTestCase


class ViewTests(StageTestCase):
    @override
    def setUp(self) -> None:
        """Let a crowd join a table: everybody's view, two owners, a judge."""
        super().setUp()
        seats = {name: Seat(name=name, purse=1) for name in ("ann", "bob")}
        for name, seat in seats.items():
            seat.owner = name
            seat.cards = [Card(face=1), Card(face=2)]
            seat.trap = Card(face=9)
            seat.marks = {"m": 1}
        self.table = Table(seats=seats)
        self.scene = self.stage(self.table)
        self.ann = self.scene.view("ann")
        self.bob = self.scene.view("bob", ["judge"])
        self.scene.join(None)
        self.scene.join(self.ann)
        self.scene.join(self.bob)
        self.scene.join(self.scene.view("eve"))
        self.seat = seats["ann"]

    def test_fields(self) -> None:
        """Fields behind rules reach those who may see them, whatever else is told."""
        self.table.round = 3
        self.table.secret = 4
        self.seat.purse = 5
        self.seat.warnings.append("late")
        self.scene.flush()
        # A part that begins with the root after another was visited elsewhere.
        self.seat.name = "anna"
        self.table.secret = 6
        self.scene.flush()

    def test_shared_bytes(self) -> None:
        """What all are told is the same bytes for all, and comes first."""
        self.table.round = 3
        self.table.secret = 4
        flush = self.scene.tree.flush()
        encoder = self.scene.encoders[5]

        self.assertEqual(encoder.patch(flush).hex(), "8003")
        self.assertEqual(encoder.patch(flush, self.ann).hex(), "8003")
        self.assertEqual(encoder.patch(flush, self.bob).hex(), "8003ff008104")
        self.assertEqual(flush.shared.encoded["schema5"].hex(), "8003")

    def test_cards(self) -> None:
        """A list that one client sees grows, shrinks and changes its order."""
        cards = self.seat.cards
        for act in (
            lambda: cards.append(Card(face=3, notes=["x"])),
            lambda: cards.pop(0),
            lambda: cards.insert(0, Card(face=4)),
            lambda: cards.reverse(),
            lambda: cards[0].notes.append("y"),
            lambda: cards.clear(),
        ):
            act()
            self.scene.flush()

    def test_owner_changes(self) -> None:
        """What belongs to another now goes from the one and comes to the other."""
        for owner in ("bob", None, "ann", "eve"):
            self.seat.owner = owner
            self.scene.flush()

    def test_roles(self) -> None:
        """Containers of values come with a role, filled or empty, and go with it."""
        self.seat.flags.update([1, 2])
        self.scene.flush()
        self.ann.roles = ["judge"]
        self.scene.flush()
        self.seat.flags.add(3)
        self.seat.warnings.append("one")
        self.scene.flush()
        self.ann.roles = []
        self.scene.flush()
        self.ann.roles = ["judge"]
        self.seat.flags.discard(1)
        self.scene.flush()

    def test_shown(self) -> None:
        """Entities that are shown come in full, and go when they no longer are."""
        first, second = Card(face=1), Card(face=2, notes=["n"])
        self.table.pool = [first, second]
        self.scene.flush()
        for act in (
            lambda: self.ann.add(second),
            lambda: self.bob.add(second),
            lambda: self.ann.add(first),
            lambda: self.ann.add(self.seat, 2),
            lambda: self.ann.remove(second),
            lambda: self.table.pool.move(0, 1),
            lambda: self.seat.trap and self.bob.add(self.seat.trap),
            lambda: self.ann.remove(self.seat, 2),
            lambda: self.table.pool.pop(0),
        ):
            act()
            self.scene.flush()

    def test_map_in_part(self) -> None:
        """A map whose entries come and go for some keeps its keys apart."""
        hints = self.table.hints
        hints.update(a=Card(face=1), b=Card(face=2))
        self.scene.flush()
        self.ann.roles = ["judge"]
        hints["a"] = Card(face=3)
        del hints["b"]
        self.scene.flush()
        hints["b"] = Card(face=4)
        self.bob.roles = []
        self.scene.flush()
        hints.clear()
        self.scene.flush()

    def test_out_of_view_after_a_return(self) -> None:
        """An entry that goes out of view is named by the index that it has by then."""
        self.table.hints["a"] = Card(face=1)
        self.scene.flush()
        del self.table.hints["a"]
        self.scene.flush()
        self.table.hints["a"] = Card(face=2)
        self.scene.flush()
        self.bob.roles = []
        self.scene.flush()

    def test_newcomers(self) -> None:
        """Those who join later see what they may at that time."""
        self.seat.warnings.append("late")
        self.table.pool.append(Card(face=5))
        self.scene.flush()
        self.scene.join(self.scene.view("ann", ["judge"]))
        self.seat.cards.pop()
        self.seat.purse = 9
        self.scene.flush()
