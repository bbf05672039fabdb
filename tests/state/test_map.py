"""Tests of `nexus.state.map`."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import FieldError, PlaceError
from nexus.state import Map, Tree
from tests import examples
from tests.state.stage import Item, Mirror, Player, World, fail, outcome

_KEY = st.sampled_from("abcde")
_VALUE = st.integers(0, 3)
_ENTRIES = st.dictionaries(_KEY, _VALUE, max_size=4)
_STEP = st.one_of(
    st.tuples(st.just("set"), _KEY, _VALUE),
    st.tuples(st.sampled_from(["delete", "pop", "get", "in"]), _KEY),
    st.tuples(st.sampled_from(["pop", "get", "setdefault"]), _KEY, _VALUE),
    st.tuples(
        st.sampled_from(["update", "pairs", "words", "ior", "or", "assign"]), _ENTRIES
    ),
    st.tuples(st.sampled_from(["clear", "popitem", "copy", "views", "itself"])),
    st.tuples(st.sampled_from(["update"])),
    st.tuples(st.sampled_from(["pop"]), _KEY, _VALUE, _VALUE),
)


def _apply(world: Any, step: tuple[Any, ...]) -> Any:
    """Do to `world.counts` what a step says; `world` may hold a plain dict."""
    held = world.counts
    name, *rest = step
    match name:
        case "set":
            held[rest[0]] = rest[1]
        case "delete":
            del held[rest[0]]
        case "in":
            return rest[0] in held, held[rest[0]]
        case "pairs":
            return held.update(iter(rest[0].items()))
        case "words":
            return held.update({"a": 1}, **rest[0])
        case "ior":
            world.counts |= rest[0]
        case "or":
            return list((held | rest[0]).items()), list((rest[0] | held).items())
        case "assign" if isinstance(held, Map):
            world.counts = rest[0]
        case "assign":
            # What is there keeps its place.
            for key in [key for key in held if key not in rest[0]]:
                del held[key]
            held.update(rest[0])
        case "itself":
            held.update(held)
            world.counts = held
        case "views":
            return list(held.keys()), list(held.values()), list(reversed(held.items()))
        case _:
            return getattr(held, name)(*rest)
    return None


class _Plain:
    """What holds the plain dict that a Map is compared with."""

    def __init__(self, counts: dict[str, int]) -> None:
        self.counts = counts


class ModelTests(SynchronousTestCase):
    @given(_ENTRIES, st.lists(st.tuples(_STEP, st.integers(0, 5)), max_size=12))
    @settings(max_examples=examples(400, 20_000))
    @example(
        dict.fromkeys("abcd", 0),
        [
            (("set", "d", 1), 1),
            (("set", "c", 1), 1),
            (("delete", "a"), 1),
            (("delete", "b"), 1),
        ],
    )
    def test_behaves_like_dict(
        self, start: dict[str, int], steps: list[tuple[tuple[Any, ...], int]]
    ) -> None:
        """Each method does what dict's does, in order; clients and undo follow."""
        plain, world = _Plain(dict(start)), World(counts=start)
        mirror = Mirror(Tree(world))
        for step, luck in steps:
            if luck == 0:
                fail(
                    mirror.tree, lambda step=step: outcome(lambda: _apply(world, step))
                )
                self.assertEqual(list(world.counts.items()), list(plain.counts.items()))
            want = outcome(lambda step=step: _apply(plain, step))
            have = outcome(lambda step=step: _apply(world, step))
            self.assertEqual(have, want, step)
            self.assertEqual(list(world.counts.items()), list(plain.counts.items()))
            if luck > 2:
                mirror.follow()
        mirror.follow()


class Word(StrEnum):
    ANN = "ann"


class Name(str):
    """A str of a subclass."""


class MapTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Make a tree with some counts."""
        self.world = World(counts={"a": 1, "b": 2})
        self.tree = Tree(self.world)
        self.counts = self.world.counts

    def test_failures_leave_all_as_it_was(self) -> None:
        """An entry that does not fit, wherever it stands, keeps all others out."""

        def pairs() -> Any:
            yield "c", 3
            raise KeyError("half way")

        for act in (
            lambda: self.counts.__setitem__("a", "x"),
            lambda: self.counts.__setitem__(1, 1),
            lambda: self.counts.__setitem__("\ud800", 1),
            lambda: self.counts.update({"c": 3, "d": 1 << 40}),
            lambda: self.counts.update({"c": 3}, d=None),
            lambda: self.counts.update({"c": 3, 4: 4}),
            lambda: self.counts.update(pairs()),
            lambda: self.counts.update([("c", 3), ("d",)]),
            lambda: self.counts.update(5),
            lambda: self.counts.__ior__({"c": True}),
            lambda: self.counts.setdefault("c", "x"),
            lambda: self.counts.setdefault("c"),
            lambda: setattr(self.world, "counts", {"c": 3, "d": 1.5}),
            lambda: setattr(self.world, "counts", [("c", 3)]),
            lambda: setattr(self.world, "counts", None),
            lambda: self.counts.pop("z"),
            lambda: self.counts.__delitem__("z"),
            lambda: self.counts.pop([]),
        ):
            self.assertEqual(outcome(act)[0], "raised")
            self.assertEqual(list(self.counts.items()), [("a", 1), ("b", 2)])
        self.assertFalse(self.tree.flush())

    def test_error_names_the_place(self) -> None:
        """The error names the class, the field and the key."""
        with self.assertRaisesRegex(
            FieldError, r"World\.counts\['c'\]: 'x' is no int32"
        ):
            self.counts["c"] = "x"
        with self.assertRaisesRegex(FieldError, r"World\.counts: key 5 is no str"):
            self.counts[5] = 5

    def test_keys_are_plain_str(self) -> None:
        """Keys of other types are refused, and subclasses of str become str."""
        self.counts[Name("c")] = 3

        self.assertEqual({type(key) for key in self.counts}, {str})
        with self.assertRaises(FieldError):
            self.counts[Word.ANN] = 3

    def test_odd_keys(self) -> None:
        """Any text is a key, also what other languages trip over."""
        mirror = Mirror(self.tree)
        for key in ("", "__proto__", "constructor", "é", "\0", "7", "k" * 300):
            self.counts[key] = 7
        mirror.follow()
        self.counts.clear()

        mirror.follow()

    def test_order_is_that_of_adding(self) -> None:
        """A key that was removed and came back stands at the end, everywhere."""
        mirror = Mirror(self.tree)
        del self.counts["a"]
        self.counts["a"] = 1
        mirror.follow()

        self.assertEqual(list(self.counts), ["b", "a"])

    def test_nothing_changed_is_no_change(self) -> None:
        """What leaves the Map as it is, in the end, marks nothing."""
        for act in (
            lambda: self.counts.update(a=1),
            lambda: self.counts.setdefault("a", 5),
            lambda: self.world.players.clear(),
            lambda: setattr(self.world, "counts", {"a": 1, "b": 2}),
            lambda: setattr(self.world, "counts", self.counts),
            lambda: [self.counts.update(c=3), self.counts.pop("c")],
            lambda: [self.counts.update(a=3), self.counts.update(a=1)],
        ):
            act()
            self.assertFalse(self.tree.flush())

    def test_changes_are_noted_by_key(self) -> None:
        """A flush finds what went and what came, with what was there."""
        self.counts["a"] = 5
        self.counts["c"] = 6
        del self.counts["b"]

        [edit] = self.tree.flush().edits
        self.assertEqual(edit.removed, ["b"])
        self.assertEqual(edit.added, [("a", 5), ("c", 6)])
        self.assertEqual((edit.old, edit.cleared), ({"a": 1, "b": 2}, False))

    def test_clearing_is_one_word(self) -> None:
        """When all that was there is gone, no key is named."""
        self.counts.clear()
        self.counts["z"] = 1

        [edit] = self.tree.flush().edits
        self.assertTrue(edit.cleared)

    def test_what_is_no_map_is_named(self) -> None:
        """Who assigns something else is told what that was."""
        with self.assertRaisesRegex(
            FieldError, r"a Map is set from a dict, not from \[1\]"
        ):
            self.world.counts = [1]  # type: ignore[assignment]  # refused

    def test_changed_while_iterating(self) -> None:
        """It is refused as a dict does it."""
        with self.assertRaises(RuntimeError):
            for key in self.counts:
                self.counts[key + "x"] = 1

    def test_plain_copies(self) -> None:
        """Copies and unions are plain dicts, which nobody watches."""
        for copied in (self.counts.copy(), self.counts | {}, {} | self.counts):
            self.assertIs(type(copied), dict)
        self.assertEqual(self.counts.fromkeys("ab", 1), {"a": 1, "b": 1})


class StateMapTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Make a tree with two players."""
        self.ann, self.bob = Player(hp=1), Player(hp=2)
        self.world = World(players={"ann": self.ann, "bob": self.bob})
        self.mirror = Mirror(Tree(self.world))
        self.players = self.world.players

    def test_state_that_comes_back_is_told(self) -> None:
        """A State that was replaced and came back within one flush stays mirrored."""
        self.players["ann"] = Player()
        self.players["ann"] = self.ann
        self.mirror.follow()
        self.ann.hp = 50

        self.mirror.follow()

    def test_state_that_was_removed_comes_back(self) -> None:
        """So does one that was removed and put back, under its key or another."""
        for key in ("ann", "else"):
            ann = self.players.pop("ann")
            self.players[key] = ann
            self.mirror.follow()
            ann.hp += 1
            self.mirror.follow()

    def test_state_at_two_keys_is_refused(self) -> None:
        """A State stands under one key; else nothing changed."""
        new = Player()
        for act in (
            lambda: self.players.__setitem__("bob", self.ann),
            lambda: self.players.setdefault("new", self.ann),
            lambda: self.players.update(new=Player(), more=self.ann),
            lambda: self.players.update(a=new, b=new),
            lambda: setattr(self.world, "players", {"a": new, "b": new}),
            lambda: setattr(self.world, "players", {"bob": self.ann}),
        ):
            with self.assertRaises(PlaceError):
                act()
        self.assertEqual(self.players, {"ann": self.ann, "bob": self.bob})
        self.assertFalse(self.mirror.tree.flush())
        self.players["new"] = new

    def test_errors_name_the_key(self) -> None:
        """What cannot stand there is refused by its key."""
        with self.assertRaisesRegex(FieldError, r"World\.players\['x'\]: .* no Player"):
            self.players["x"] = Item()
        with self.assertRaisesRegex(PlaceError, r"World\.players\['x'\]: this Player"):
            self.players["x"] = self.ann

    def test_entry_replaced_by_the_same(self) -> None:
        """Setting the State that is there already marks nothing."""
        self.players["ann"] = self.ann
        self.players |= {"ann": self.ann}
        self.world.players = {"bob": self.bob, "ann": self.ann}

        self.assertFalse(self.mirror.tree.flush())

    def test_removed_states_are_free(self) -> None:
        """What left, by whatever method, can stand elsewhere."""
        self.assertIs(self.players.pop("ann"), self.ann)
        self.assertEqual(self.players.popitem(), ("bob", self.bob))
        self.world.line = [self.ann, self.bob]
        self.mirror.follow()
        self.world.line.clear()
        self.world.players = {"bob": self.bob}
        self.world.players = {}
        self.players["bob"] = self.bob

        self.mirror.follow()
