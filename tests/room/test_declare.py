"""Tests of `nexus.room.declare`."""

from __future__ import annotations

import typing
from typing import Any, get_args

from twisted.trial.unittest import SynchronousTestCase

from nexus.match import LobbyRoom, QueueRoom, RelayRoom
from nexus.room import Plugin, Room, on_call, on_message
from nexus.room.declare import check_room
from tests.support.room import Scripted
from tests.support.table import TableTestCase


async def later(*_: Any) -> None:
    """Be what an `async def` makes, whatever it is given."""


def at_once(*_: Any) -> None:
    """Take whatever it is given."""


@on_message("x")
def hear(self: Any, client: Any) -> None:
    """Listen."""


class DeclareTestCase(SynchronousTestCase):
    def refused(
        self,
        said: dict[str, Any],
        why: str,
        *,
        base: type = Room,
        error: type[Exception] = TypeError,
    ) -> None:
        """Check that an Arena is refused, in just these words."""
        arena: Any = type("Arena", (base,), said)
        raised = self.assertRaises(error, check_room, arena)
        self.assertEqual(str(raised), why)

    def allowed(self, **said: Any) -> None:
        """Check that an Arena of this kind is fine."""
        check_room(type("Arena", (Room,), said))


class ListenerTests(DeclareTestCase):
    def test_wrong_listener_is_refused(self) -> None:
        """A listener that no message fits is found without a Room."""

        @on_message("move")
        def move(self: Any, client: Any, to: Plaer) -> None:  # type: ignore[name-defined]  # noqa: F821  # the mistake
            """Move."""

        self.refused(
            {"move": move},
            "Arena.move, parameter to: name 'Plaer' is not defined; import it, or "
            "define it at the top of the module",
        )

    def test_listener_of_a_plugin_is_checked(self) -> None:
        """Plugins are looked at as well."""

        class Chat(Plugin):
            @on_message("chat")
            def chat(self) -> None:
                """Take nobody."""

        self.refused(
            {"plugins": (Chat,)}, "Chat.chat listens and must take (client, message)"
        )

    def test_rooms_that_come_with_nexus_are_right(self) -> None:
        """What we ship passes the check, and so does a Room without anything."""
        for cls in (Room, LobbyRoom, QueueRoom, RelayRoom, Scripted):
            check_room(cls)


class CalledTests(DeclareTestCase):
    def test_what_others_call_is_theirs_alone(self) -> None:
        """A method that is called from outside is no hook, listener or secret."""
        called = on_call(lambda self, client, options=None: None)
        heard = on_message("x")(on_call(lambda self, client: None))
        self.allowed(open=called)
        self.refused(
            {"heard": heard},
            "Arena.heard is a listener: clients would reach what is @on_call",
        )
        self.refused(
            {"_open": called},
            "Arena._open begins with an underscore and is not for others: call it "
            "something else",
        )
        self.refused(
            {"on_join": called},
            "Arena.on_join is a hook and is not for others: call it something else",
        )
        self.refused(
            {"lock": called}, "Arena.lock hides Room.lock: call it something else"
        )

    def test_plugins_are_not_called(self) -> None:
        """Only a Room has an id to be called by."""
        chat = type("Chat", (Plugin,), {"mute": on_call(lambda self: None)})

        self.refused(
            {"plugins": (chat,)},
            "Chat.mute would never be called: only a Room's methods are",
        )


class HookTests(DeclareTestCase):
    def test_hooks_take_what_they_are_given(self) -> None:
        """A hook that cannot be called is refused, and the error says what it takes."""

        def five(a: Any, b: Any, c: Any, d: Any, e: Any) -> None:
            """Take more than any hook is given."""

        for name, wanted in (
            ("on_create", "(options)"),
            ("on_auth", "(client, options, context)"),
            ("on_join", "(client, options)"),
            ("on_drop", "(client, code)"),
            ("on_reconnect", "(client)"),
            ("on_leave", "(client, code)"),
            ("on_before_patch", "(state)"),
            ("on_overrun", "(overrun)"),
            ("on_dispose", "()"),
            ("on_before_shutdown", "()"),
            ("on_error", "(error, act, client)"),
        ):
            self.refused({name: five}, f"Arena.{name} must take {wanted}")
            self.refused(
                {name: None}, f"Arena.{name} must be a method that takes {wanted}"
            )
            self.allowed(**{name: at_once})
        self.refused(
            {"on_auth_static": staticmethod(five)},
            "Arena.on_auth_static must take (token, options, context)",
        )

    def test_error_names_the_class_that_is_wrong(self) -> None:
        """A hook that was inherited is mended where it is written."""

        class Below(Room[Any]):
            def on_join(self, client: Any) -> None:  # type: ignore[override]  # the mistake
                """Forget the options."""

        self.refused({}, "Below.on_join must take (client, options)", base=Below)

    def test_static_auth_is_static(self) -> None:
        """There is no Room yet when it is called."""
        self.refused(
            {"on_auth_static": at_once},
            "Arena.on_auth_static must be a staticmethod or a classmethod that takes "
            "(token, options, context)",
        )
        self.allowed(on_auth_static=staticmethod(later))
        self.allowed(on_auth_static=classmethod(later))

    def test_hooks_that_nobody_waits_for_are_plain(self) -> None:
        """An `async` hook is refused where the Room would go on without it."""
        for name in ("on_before_patch", "on_error"):
            self.refused(
                {name: later}, f"Arena.{name} cannot be async: nobody waits for it"
            )
        self.allowed(on_join=later, on_leave=later, on_dispose=later)

    def test_hook_does_not_listen(self) -> None:
        """A method is a hook or a listener: as both it would be called for both."""
        self.refused(
            {"on_leave": hear},
            "Arena.on_leave is a hook and cannot listen: call it something else",
        )


class NameTests(DeclareTestCase):
    def test_what_room_has_is_not_hidden(self) -> None:
        """Whatever Room needs itself has its name alone, and listeners say so."""
        self.refused(
            {"kick": hear},
            "Arena.kick is a listener and hides Room.kick: call it something else",
        )
        for name in ("lock", "state", "clients", "clock", "broadcast", "actor", "kind"):
            self.refused(
                {name: 5}, f"Arena.{name} hides Room.{name}: call it something else"
            )

    def test_mixin_hides_nothing_either(self) -> None:
        """What stands before Room is found wherever it comes from."""

        class Mixin:
            def kick(self) -> None:
                """Be in the way."""

        raised = self.assertRaises(TypeError, check_room, type("A", (Mixin, Room), {}))

        self.assertIn("Mixin.kick hides Room.kick", str(raised))

    def test_own_names_are_free(self) -> None:
        """What Room does not have may be anything, and State may be annotated."""
        self.allowed(move=hear, board={}, _log=None, __annotations__={"state": "Any"})

    def test_names_of_elsewhere_are_told(self) -> None:
        """Who writes what Colyseus calls it learns what it is called here."""
        for name, ours in (
            ("onCreate", "on_create"),
            ("onJoin", "on_join"),
            ("onLeave", "on_leave"),
            ("onDrop", "on_drop"),
            ("onReconnect", "on_reconnect"),
            ("onDispose", "on_dispose"),
            ("onBeforePatch", "on_before_patch"),
            ("onBeforeShutdown", "on_before_shutdown"),
            ("onUncaughtException", "on_error"),
            ("onAuth", "on_auth, or on_auth_static where it is static"),
            ("onMessage", 'a method with @on_message("...")'),
            ("maxClients", "max_clients"),
            ("autoDispose", "auto_dispose"),
            ("patchRate", "patch_interval, in seconds"),
            ("seatReservationTimeout", "seat_seconds"),
        ):
            self.refused({name: at_once}, f"Arena.{name}: here it is {ours}")


class InstanceTests(TableTestCase):
    def test_what_a_room_gets_is_not_hidden(self) -> None:
        """Whatever stands in a Room as it is made cannot stand in its class."""
        self.table.define(Room)
        room = self.table.sit().actor.room

        for name in vars(room):
            raised = self.assertRaises(
                TypeError, check_room, type("Arena", (Room,), {name: hear})
            )
            self.assertIn(f"Arena.{name} is a listener and hides", str(raised))


class SettingTests(DeclareTestCase):
    def wrong(self, name: str, wanted: str, *values: Any) -> None:
        """Check that a setting may have none of these values."""
        for value in values:
            self.refused(
                {name: value},
                f"Arena.{name} must be {wanted}, not {value!r}",
                error=ValueError,
            )

    def test_settings_are_in_their_range(self) -> None:
        """A setting that could not work is refused, and the error says what could."""
        number = "a number of seconds"
        nan = float("nan")
        self.wrong(
            "max_clients", "None or a whole number from 1", 0, -1, "4", 2.0, True
        )
        self.wrong(
            "patch_interval",
            "None or seconds above 0 and up to 5 (seconds, not milliseconds)",
            *(50, 0, -0.05, 5.01, nan, "1", True),
        )
        self.wrong("seat_seconds", f"{number} above 0", 0, -1, None, "15", nan, True)
        self.wrong("tick_budget", f"None or {number} above 0", 0, -1, "1", nan, True)
        self.wrong("message_seconds", f"{number} from 0", -1, None, float("inf"))
        self.wrong("auto_dispose", "True or False", 1, None, "no")
        self.wrong(
            "unknown_message", '"close", "error" or "ignore"', "warn", None, ["close"]
        )
        self.wrong("second_seat", '"replace" or "refuse"', "close", True)

    def test_settings_in_their_range_are_fine(self) -> None:
        """The ends of each range belong to it."""
        self.allowed(max_clients=None, patch_interval=None, message_seconds=0)
        self.allowed(max_clients=1, patch_interval=5, seat_seconds=0.1)
        self.allowed(tick_budget=0.01)
        self.allowed(max_clients=property(lambda room: 4), auto_dispose=False)

    def test_words_are_those_that_are_annotated(self) -> None:
        """Each word that type checkers let through is fine."""
        for name in ("unknown_message", "second_seat"):
            words = get_args(eval(Room.__annotations__[name], dict(vars(typing))))
            self.assertGreater(len(words), 1)
            for word in words:
                self.allowed(**{name: word})

    def test_all_settings_are_checked(self) -> None:
        """No value of a setting is anything at all."""
        for name in set(Room.__annotations__) - {"plugins"}:
            wrong: Any = type("Arena", (Room,), {name: object()})
            self.assertRaises(ValueError, check_room, wrong)

    def test_plugins_are_classes_in_a_tuple(self) -> None:
        """A list, a Plugin that was made already, or a Room, is refused."""
        room: Any = None
        plugin: Any = Plugin(room)
        for plugins in ([Plugin], Plugin, (Room,), (plugin,), None):
            self.refused(
                {"plugins": plugins},
                f"Arena.plugins must be a tuple of Plugin classes, not {plugins!r}",
            )
        self.allowed(plugins=(Plugin,))
