"""Tests of `nexus.compiled.parts`: what it is given may be anything."""

from __future__ import annotations

import gc
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.state import Map, State, Tree, float32, uint8
from nexus.state.place import Bucket
from nexus.state.state import Node
from tests.compiled.board import Board, Knight, Pawn
from tests.support.compiled import MISSING, parts_of

parts = parts_of()


class Stranger:
    """Something with slots that are nobody's."""

    __slots__ = ("_dirty", "_f_x")


def spec(**changes: Any) -> dict[str, Any]:
    """Return what a Property is made of."""
    slots = (Pawn._f_x, Node._dirty, Node._bucket, Bucket.undo)  # type: ignore[attr-defined]  # a slot
    made: dict[str, Any] = {
        "slots": slots,
        "bit": 1,
        "form": ("float32",),
        "optional": False,
        "write": lambda state, value: None,
        "doc": "",
    }
    return made | changes


class PropertyTests(SynchronousTestCase):
    skip = MISSING or None

    def test_another_object_has_no_such_field(self) -> None:
        """Who is no State of the class is refused, not written."""
        each = vars(Pawn)["x"]

        for other in (Stranger(), Board(), 3, None):
            with self.assertRaises(TypeError):
                each.__set__(other, 1.0)
        with self.assertRaises(TypeError):
            each.__get__(Stranger(), Stranger)

    def test_a_field_is_not_deleted(self) -> None:
        """To delete a field raises, and leaves it."""
        pawn: Any = Pawn(x=1.0)
        with self.assertRaises(AttributeError):
            del pawn.x
        self.assertEqual(pawn.x, 1.0)

    def test_a_state_that_was_not_made_holds_nothing(self) -> None:
        """Before `__init__` a field can be neither read nor written."""
        raw: Any = object.__new__(Pawn)
        with self.assertRaises(AttributeError):
            raw.x  # noqa: B018  # read, to see it fail
        with self.assertRaises(AttributeError):
            raw.x = 1.0

    def test_a_class_shows_its_fields(self) -> None:
        """Read off the class, a field is its Property, with a docstring."""
        self.assertIs(Pawn.x, vars(Pawn)["x"])
        self.assertEqual(Pawn.x.__doc__, "The field `x`.")  # type: ignore[attr-defined]  # of a Property

    def test_a_class_below_writes_the_same_slot(self) -> None:
        """A field from above is written as it is there."""
        knight = Knight()
        knight.x = 0.1
        self.assertEqual(knight.x, Pawn(x=0.1).x)

    def test_what_it_is_made_of_is_checked(self) -> None:
        """Slots that are none, forms that are none: refused when it is made."""
        for wrong in (
            {"slots": (1, 2, 3, 4)},
            {"slots": ()},
            {"slots": (*spec()["slots"][:3], Node._dirty)},
            {"slots": (float.real, *spec()["slots"][1:])},
            {"form": ("none",)},
            {"form": ()},
            {"form": "float32"},
            {"form": ("int",)},
            {"form": ("int", "a", "b")},
            {"form": ("quantized", 0.0)},
            {"bit": 1 << 70},
            {"bit": "1"},
            {"doc": None},
        ):
            with self.assertRaises((TypeError, ValueError, OverflowError)):
                parts.Property(**spec(**wrong))

    def test_a_class_can_go(self) -> None:
        """A State class that nobody knows any more is collected, Properties and all."""

        class Brief(State):
            x: float32 = 0.0

        Brief().x = 3.0
        count = sum(each.__name__ == "Brief" for each in State.__subclasses__())
        del Brief
        gc.collect()
        left = sum(each.__name__ == "Brief" for each in State.__subclasses__())
        self.assertEqual(left, count - 1)


class Sticky(bytes):
    """Bytes of somebody's own, who writes the field while it is compared."""

    of: Any = None

    def __bytes__(self) -> bytes:
        return self

    def __ne__(self, other: object) -> Any:
        holder, self.of = self.of, None
        if holder is not None:
            holder.data = b"another"
        return NotImplemented


class Holder(State):
    """Somebody with bytes."""

    data: bytes = b""


class CompareTests(SynchronousTestCase):
    def test_what_is_held_is_exactly_bytes(self) -> None:
        """No code of anybody's is called to find out whether a field changes."""
        holder = Holder()
        holder.data = held = Sticky(b"held" * 50)
        self.assertIs(type(holder.data), bytes)
        held.of = holder
        # As no setter would have left it.
        holder._f_data = held  # type: ignore[attr-defined]  # a slot
        holder.data = b"third" * 40

        self.assertEqual(holder.data, b"third" * 40)


class GatherTests(SynchronousTestCase):
    skip = MISSING or None

    def test_what_it_is_given_is_checked(self) -> None:
        """A bucket of something else raises, and is left as it was."""
        slots = (Node._dirty, Node._id, Node._bucket)
        for wrong in (
            (),
            ([], *slots[:2]),
            ((), *slots),
            ([], 1, 2, 3),
            ([3], *slots),
            ([object.__new__(Pawn)], *slots),
        ):
            with self.assertRaises((TypeError, AttributeError)):
                parts.gather(*wrong)

    def test_what_failed_changes_nothing(self) -> None:
        """Marks that were taken off before something raised are put back."""
        tree = Tree(board := Board(pawns={"a": Pawn(), "b": Pawn()}))
        a, b = board.pawns.values()
        a.hp = b.hp = 3
        bucket = a._bucket
        bucket.append(object.__new__(Pawn))
        with self.assertRaises(AttributeError):
            parts.gather(bucket, Node._dirty, Node._id, Node._bucket)

        self.assertEqual([a._dirty, b._dirty, len(bucket)], [2, 2, 3])
        bucket.pop()
        [group] = tree.flush().groups
        self.assertEqual(group.states, [a, b])

    def test_many_sets_of_fields_are_left_to_python(self) -> None:
        """With more sets than it has room for it does nothing, and Python does it."""
        wide = type(State)(
            "Wide",
            (State,),
            {
                "__module__": __name__,
                "__annotations__": {f"f{at}": uint8 for at in range(6)},
            },
        )
        hall = type(State)(
            "Hall",
            (State,),
            {"__module__": __name__, "__annotations__": {"all": Map[str, wide]}},
        )
        states = [wide() for _ in range(40)]
        tree: Tree[Any] = Tree(
            hall(all={str(at): state for at, state in enumerate(states)})
        )
        for at, state in enumerate(states):
            for field_ in range(6):
                if at + 1 >> field_ & 1:
                    setattr(state, f"f{field_}", 9)
        bucket = states[0]._bucket
        taken = parts.gather(bucket, Node._dirty, Node._id, Node._bucket)

        self.assertIsNone(taken)
        self.assertEqual([state._dirty for state in states], list(range(1, 41)))
        self.assertEqual(len(tree.flush().groups), 40)
        self.assertEqual(len(bucket), 0)


class WriterTests(SynchronousTestCase):
    skip = MISSING or None

    def test_what_they_are_given_is_checked(self) -> None:
        """Columns and Visits of something else raise."""
        field_ = (Pawn._f_x, "f", ("float32",), 0)  # type: ignore[attr-defined]  # a slot
        columns = parts.Columns(State._id, (field_,))
        visits = parts.Visits(State._mark, (field_,))
        for call in (
            lambda: columns(b"", []),
            lambda: columns("", [Pawn()]),
            lambda: columns(b"", (Pawn(),)),
            lambda: columns(b"", [Board()]),
            lambda: columns(b"", [3]),
            lambda: columns(b"", [Pawn(), Pawn()]),
            lambda: columns(b"", [object.__new__(Pawn)]),
            lambda: columns(b""),
            lambda: columns(head=b"", states=[]),
            lambda: visits(()),
            lambda: visits([Board()]),
            lambda: visits([object.__new__(Pawn)]),
            lambda: parts.Columns(3, ()),
            lambda: parts.Columns(State._id, [field_]),
            lambda: parts.Columns(State._id, ((Pawn._f_x, "x", ("float32",), 0),)),  # type: ignore[attr-defined]  # made by the class
            lambda: parts.Columns(State._id, ((),)),
            lambda: parts.Visits(State._mark, ((1, "f", ("float32",), 0),)),
        ):
            with self.assertRaises((TypeError, ValueError, AttributeError)):
                call()

    def test_a_value_of_another_kind_is_refused(self) -> None:
        """What no setter would have left there raises, and is not written wrongly."""
        for slot, letter, value in (
            ("_f_x", "f", 3),
            ("_f_x", "B", 3.0),
            ("_f_hp", "B", "3"),
            ("_f_hp", "B", 256),
            ("_f_hp", "B", -1),
            ("_f_hp", "b", 128),
            ("_f_hp", "i", 1 << 31),
            ("_f_x", "f", 1e300),
            ("_f_hp", "?", 3),
            ("_f_far", "Q", -1),
            ("_f_far", "q", 1 << 63),
        ):
            pawn = Pawn()
            setattr(pawn, slot, value)
            columns = parts.Columns(
                State._id, ((getattr(Pawn, slot), letter, ("any",), 0),)
            )
            with self.assertRaises((TypeError, OverflowError)):
                columns(b"", [pawn])
