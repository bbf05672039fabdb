"""Tests of `nexus.state.pattern`."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import StateError
from nexus.state import List, Map, Set, State, Table, Tree, field, uint8
from nexus.state.outline import Outline
from nexus.state.pattern import check_pattern


class Stone(State):
    """A thing."""

    name: str


class Being(State):
    """Somebody with all shapes of fields."""

    hp: uint8 = 100
    bag: List[Stone]
    scores: Map[str, uint8]
    tags: Set[str]
    held: Stone | None


class Fury(Being):
    """A class below another, with a field more."""

    rage: uint8


class Land(State):
    """A root."""

    turn: uint8
    beings: Map[str, Being]
    line: List[Being]
    leader: Being | None
    counts: Map[str, uint8]
    marks: Set[uint8]
    secret: Map[str, Being] = field(server_only=True)


class Npc(State):
    """A row."""

    x: uint8


class Town(State):
    """A root with rows, and an entity that always is there."""

    npcs: Table[Npc]
    mayor: Npc
    halls: Map[str, Npc]


class PatternTests(SynchronousTestCase):
    def refused(self, event: str, pattern: str, root: type[State] = Land) -> str:
        """Return why a pattern is refused; empty: it is not."""
        try:
            check_pattern(Outline(root), event, tuple(pattern.split(".")))  # type: ignore[arg-type]  # one of them
        except StateError as error:
            return str(error)
        return ""

    def test_what_can_be_told_of_is_taken(self) -> None:
        """Fields and entries of any class that can stand there, and stars for them."""
        for event, patterns in {
            "added": ("beings", "leader", "beings.*.bag", "leader.held", "*.*.tags"),
            "changed": (
                "turn",
                "beings.*.hp",
                "line.0.scores.a",
                "counts.*",
                "leader",
            ),
            "removed": ("beings", "leader.bag", "*", "line.*.*"),
        }.items():
            for pattern in patterns:
                self.assertEqual(self.refused(event, pattern), "", pattern)
        self.assertEqual(self.refused("changed", "beings.*.rage"), "")
        self.assertEqual(self.refused("changed", "secret.*.hp"), "")

    def test_stars_alone_are_taken(self) -> None:
        """However deep they reach: nobody mistypes a star."""
        self.assertEqual(self.refused("added", "*.*.*.*.*.*.*.*"), "")

    def test_wrong_names_are_refused(self) -> None:
        """The error says where it went wrong, and which names there are."""
        self.assertIn("Land has no field 'bengs', only", self.refused("added", "bengs"))
        self.assertIn(
            "'beings.*.hpp': Being and Fury has no field 'hpp', only bag, held, hp",
            self.refused("changed", "beings.*.hpp"),
        )

    def test_what_has_nothing_below_is_refused(self) -> None:
        """A value has no fields, and an entry of values no more entries."""
        for pattern, above in (
            ("turn.x", "turn"),
            ("counts.a.b", "counts.a"),
            ("beings.*.hp.*", "beings.*.hp"),
        ):
            self.assertIn(
                f"nothing stands below {above!r}", self.refused("changed", pattern)
            )

    def test_what_is_never_told_is_refused(self) -> None:
        """Each error says what to listen to instead."""
        for event, pattern, hint in (
            ("added", "turn", "holds one value, which changes: use on_change"),
            ("removed", "beings.*.hp", "use on_change"),
            ("changed", "beings", "come and go: use on_add and on_remove"),
            ("changed", "counts", "use on_add and on_remove, or on_change of"),
            ("changed", "beings.*", "is added and removed there; name that"),
            ("added", "beings.*", "is added and removed there; name that"),
            ("changed", "marks.*", "name 'marks' alone"),
            ("added", "counts.*", "name 'counts' alone"),
        ):
            self.assertIn(hint, self.refused(event, pattern), pattern)

    def test_rows_are_refused(self) -> None:
        """The server's listeners hear nothing of rows, and that is said."""
        for event, pattern in (
            ("added", "npcs"),
            ("changed", "npcs.*"),
            ("removed", "npcs"),
            ("changed", "npcs.*.x"),
        ):
            self.assertIn("nothing of rows", self.refused(event, pattern, Town))
        self.assertEqual(self.refused("changed", "mayor.x", Town), "")

    def test_a_refused_listener_leaves_nothing(self) -> None:
        """The tree remembers nothing for a listener that it did not take."""
        tree = Tree(Land())
        for listen in (tree.on_add, tree.on_change, tree.on_remove):
            self.assertRaises(StateError, listen, "nowhere", print)

        self.assertFalse(tree._notices.listeners)
        self.assertEqual(tree._notices._known, {})
