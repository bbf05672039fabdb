"""Tests of `nexus.room.message.message`."""

from __future__ import annotations

import functools
from typing import Any

from attrs import define
from twisted.trial.unittest import SynchronousTestCase

from nexus.room import Room, on_bytes, on_message
from nexus.room.message.message import ANY, listener, listeners_of
from nexus.room.payload.payload import shape_of
from tests.support.room import scripted
from tests.support.table import Guest, TableTestCase


@define
class Move:
    """A payload."""

    x: int


class Plain:
    """Nothing that a message carries."""


@define
class Holder:
    """A payload that holds something that none carries."""

    plain: Plain


class Owner:
    """Listens in all ways that there are."""

    @on_message("move")
    def move(self, client: Any, message: Move) -> None:
        """Take a checked payload."""

    @on_message("a")
    @on_message(7)
    def both(self, client: Any) -> None:
        """Take two types, and no payload."""

    @on_bytes("raw")
    def raw(self, client: Any, content: bytes) -> None:
        """Take bytes."""

    @on_message("*")
    def rest(self, client: Any, type_: str, message: Any) -> None:
        """Take the rest."""


class Early:
    """Listens with names that the alphabet would turn round."""

    @on_message("ask")
    def zebra(self, client: Any) -> str:
        """Stand first."""
        return "zebra"

    @on_message("ask")
    def ape(self, client: Any) -> str:
        """Stand second."""
        return "ape"


class Late(Early):
    """Listens to the same, and moves one to its own place."""

    @on_message("ask")
    def aardvark(self, client: Any) -> str:
        """Stand behind what is inherited."""
        return "aardvark"

    @on_message("ask")
    def zebra(self, client: Any) -> str:
        """Stand here now."""
        return "zebra"


class Heir(Owner):
    """Overrides one of them, without the decorator."""

    def move(self, client: Any, message: Any) -> None:
        """Listen no more."""


class ListenerTests(SynchronousTestCase):
    def test_methods_are_found(self) -> None:
        """Every decorated method listens, for each type that it names."""
        found = {(each.type, each.raw): each for each in listeners_of(Owner())}

        self.assertEqual(
            set(found),
            {("move", False), ("a", False), ("7", False), ("raw", True), (ANY, False)},
        )
        self.assertIsNotNone(found["move", False].shape)
        self.assertEqual(found["a", False].takes, 1)
        self.assertIsNone(found["raw", True].shape)

    def test_method_that_is_overridden_does_not_listen(self) -> None:
        """Who overrides a listener decorates it again, or it listens no more."""
        self.assertNotIn("move", [each.type for each in listeners_of(Heir())])

    def test_order_is_that_of_the_source(self) -> None:
        """What is inherited comes first, and the alphabet has no say."""
        early, late = list(listeners_of(Early())), list(listeners_of(Late()))

        self.assertEqual([each.call(None) for each in early], ["zebra", "ape"])
        self.assertEqual(
            [each.call(None) for each in late], ["ape", "aardvark", "zebra"]
        )

    def test_class_is_looked_at_without_an_object(self) -> None:
        """A class has the listeners that its objects have."""
        ours = [(each.type, each.raw, each.takes) for each in listeners_of(Owner)]

        self.assertEqual(
            ours, [(each.type, each.raw, each.takes) for each in listeners_of(Owner())]
        )
        self.assertEqual(len(ours), 5)

    def test_static_methods_listen(self) -> None:
        """What has no `self` is counted without it."""

        class Static:
            @on_message("a")
            @staticmethod
            def one(client: Any, message: int) -> None:
                """Take two."""

            @on_message("b")
            @classmethod
            def two(cls, client: Any) -> None:
                """Take one."""

        for owner in (Static, Static()):
            self.assertEqual([each.takes for each in listeners_of(owner)], [2, 1])

    def test_types_are_names_or_numbers(self) -> None:
        """What no client could send is refused where it is written."""
        for type_ in ("", None, True, 1.5, b"x"):
            self.assertRaises(TypeError, on_message, type_)
            self.assertRaises(TypeError, on_bytes, type_)

    def test_arguments_with_defaults_do_not_count(self) -> None:
        """A function is called with what it needs, and no more."""

        def call(client: Any, message: int, extra: int = 5) -> None:
            """Take two."""

        self.assertEqual(listener("x", call).takes, 2)

    def test_only_the_payload_is_resolved(self) -> None:
        """What is imported for type checkers alone may annotate the rest."""

        def call(client: Unknown, message: int) -> Unknown:  # type: ignore[name-defined]  # noqa: F821  # the point
            """Take two."""

        self.assertIsNotNone(listener("x", call).shape)


class WrongTests(SynchronousTestCase):
    def refused(self, call: Any, why: str, type_: str = "x", **said: Any) -> None:
        """Check that a function cannot listen, and why."""
        error = self.assertRaises(
            TypeError, listener, type_, call, name="Arena.m", **said
        )
        self.assertEqual(str(error), f"Arena.m{why}")

    def annotated(self, hint: Any) -> Any:
        """Return what listens for payloads of a type."""

        def call(client: Any, p: Any) -> None:
            """Take two."""

        call.__annotations__["p"] = hint
        return call

    def test_number_of_parameters_is_checked(self) -> None:
        """A function is not called with more or less than it takes."""
        why = " listens and must take (client, message)"
        self.refused(lambda: None, why)
        self.refused(lambda client, one, two: None, why)
        self.refused(lambda client: None, why, raw=True)
        why = " listens and must take (client, type, message)"
        self.refused(lambda client, message: None, why, ANY)
        self.refused(lambda client, type_, message, more: None, why, ANY)

    def test_keywords_are_refused(self) -> None:
        """Nothing is passed by keyword, so nothing may be needed by keyword."""

        def call(client: Any, *, message: int) -> None:
            """Need a keyword."""

        self.refused(call, ", parameter message: nothing is passed by keyword")
        listener("x", lambda client, *, extra=5: None)

    def test_payload_type_that_cannot_be_is_refused(self) -> None:
        """An annotation that no payload can be is told with its parameter."""
        where = ", parameter p: "
        carry = "a message cannot carry Plain: use an attrs class (@define)"
        self.refused(self.annotated(list), f"{where}say what it holds: list[...]")
        self.refused(self.annotated(Plain), where + carry)
        self.refused(self.annotated(list[Plain]), where + carry)
        self.refused(self.annotated(Holder), f"{where}Holder.plain: {carry}")

    def test_names_that_are_not_there_are_told(self) -> None:
        """A typo in an annotation is told with its parameter."""
        self.refused(
            self.annotated("list[Plaer]"),
            ", parameter p: name 'Plaer' is not defined; import it, or define it at "
            "the top of the module",
        )
        self.refused(
            self.annotated("functools.Plaer"),
            ", parameter p: module 'functools' has no attribute 'Plaer'",
        )
        self.assertRaises(TypeError, listener, "x", self.annotated("not a type"))

    def test_types_of_ours_are_refused(self) -> None:
        """Nobody listens for what a Node and its clients say among themselves."""
        why = (
            'nobody would be told of "__nexus.ping": types that begin with "__nexus."'
            " are between Nexus and its clients"
        )
        for wrong in (
            lambda: on_message("__nexus.ping"),
            lambda: on_bytes("__nexus.ping"),
            lambda: listener("__nexus.ping", lambda client: None),
        ):
            self.assertEqual(str(self.assertRaises(TypeError, wrong)), why)
        on_message("__nexus")

    def test_rest_is_not_checked_and_says_so(self) -> None:
        """Who listens for everything cannot rely on a type of its payload."""

        def call(client: Any, type_: str, p: Move) -> None:
            """Take three."""

        def fine(client: Any, type_: str, p: object) -> None:
            """Take three, of any type."""

        why = ', parameter p: say Any, as what "*" hears is not checked'
        self.refused(call, why, ANY)
        self.refused(fine, why, ANY, shape=shape_of(int))
        self.refused(
            fine, ': on_message("*") hears the rest of bytes, too', ANY, raw=True
        )
        self.assertEqual(listener(ANY, fine).takes, 3)

    def test_function_is_called_by_its_own_name(self) -> None:
        """Who listens later is named without the function around it."""

        def call() -> None:
            """Take nothing."""

        error = self.assertRaises(TypeError, listener, "x", call)

        self.assertEqual(str(error), "call listens and must take (client, message)")


class OptionalTests(TableTestCase):
    def heard(
        self, call: Any, type_: str = "x", **said: Any
    ) -> tuple[Guest, list[Any]]:
        """Sit in a Room where a function listens, and return what it returned."""
        seen: list[Any] = []
        self.table.define(scripted())
        guest = self.table.sit()
        guest.actor.room.listen(
            type_,
            functools.wraps(call)(lambda *given: seen.append(call(*given))),
            **said,
        )
        return guest, seen

    def test_absent_payload_takes_the_default(self) -> None:
        """A payload that may be left out is passed where it is there."""

        def call(client: Any, message: int = 5) -> int:
            """Return the payload."""
            return message

        guest, seen = self.heard(call)
        guest.send("x")
        guest.send("x", 7)

        self.assertEqual(seen, [5, 7])

    def test_given_payload_is_checked(self) -> None:
        """A default makes no other payload right; None is a payload."""

        def call(client: Any, message: int | None = 5) -> int | None:
            """Return the payload."""
            return message

        guest, seen = self.heard(call)
        guest.send("x", None)
        guest.request(1, "x", "seven")

        self.assertEqual(seen, [None])
        [(_, status, error)] = guest.answers()
        self.assertEqual((status, error["name"]), ("ERROR", "invalid_payload"))

    def test_payload_of_any_type_may_be_left_out(self) -> None:
        """Without an annotation all that is given is passed."""
        guest, seen = self.heard(lambda client, message="none": message)
        guest.send("x")
        guest.send("x", [1])

        self.assertEqual(seen, ["none", [1]])

    def test_shape_that_was_said_is_checked(self) -> None:
        """What `listen` is told counts, and the default as well."""
        guest, seen = self.heard(lambda client, message=5: message, shape=int)
        guest.send("x")
        guest.request(1, "x", "seven")

        self.assertEqual(seen, [5])
        self.assertEqual(guest.answers()[0][1], "ERROR")

    def test_rest_may_have_a_default(self) -> None:
        """Who listens for everything gets its default as well."""
        guest, seen = self.heard(lambda client, type_, message=5: (type_, message), ANY)
        guest.send("y")
        guest.send("y", 7)

        self.assertEqual(seen, [("y", 5), ("y", 7)])


class AnswerTests(TableTestCase):
    def test_first_in_the_source_answers(self) -> None:
        """Of several listeners the one that stands first answers a request."""
        self.table.define(type("Arena", (Early, Room), {}))
        guest = self.table.sit()

        guest.request(1, "ask")

        self.assertEqual(guest.answers(), [(1, "OK", "zebra")])
