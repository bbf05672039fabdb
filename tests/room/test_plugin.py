"""Tests of `nexus.room.plugin`."""

from __future__ import annotations

from typing import Any, Final

from nexus.errors import Refused
from nexus.room import Client, ClientStatus, Plugin, Room, on_bytes, on_message
from nexus.room.declare import check_room
from nexus.room.plugin import ORDERED
from tests.support.room import scripted
from tests.support.table import Guest, TableTestCase

#: The hooks that Plugins have, in the order of a life.
HOOKS: Final = (
    "on_create",
    "on_auth",
    "on_join",
    "on_drop",
    "on_reconnect",
    "on_leave",
    "on_dispose",
)


class PluginTestCase(TableTestCase):
    def setUp(self) -> None:
        """Set the table, and begin a diary."""
        super().setUp()
        self.diary: list[str] = []

    def noting(self, name: str, **said: Any) -> type[Plugin]:
        """Make a Plugin class that notes each of its hooks."""
        diary = self.diary

        def note(hook: str) -> Any:
            def noted(plugin: Plugin, *_: Any) -> None:
                diary.append(f"{name} {hook}")

            return noted

        return type(name, (Plugin,), {hook: note(hook) for hook in HOOKS} | said)

    def seated(self, *plugins: type[Plugin], **script: Any) -> Guest:
        """Sit in a Room with plugins, which notes its hooks in the same diary."""

        def note(hook: str) -> Any:
            def noted(room: Room[Any], *arguments: Any) -> Any:
                self.diary.append(f"room {hook}")
                return script[hook](room, *arguments) if hook in script else True

            return noted

        acts = {hook: note(hook) for hook in HOOKS}
        self.table.define(scripted(script=acts, plugins=plugins))
        return self.table.sit()


class PluginTests(PluginTestCase):
    def refused(
        self, why: str, error: type[Exception] = TypeError, **said: Any
    ) -> None:
        """Check that a Room cannot take a plugin along, and why."""
        chat = type("Chat", (Plugin,), said)
        arena: Any = type("Arena", (Room,), {"plugins": (chat,)})
        self.assertEqual(str(self.assertRaises(error, check_room, arena)), why)

    def test_listener_of_a_plugin_hears_for_its_room(self) -> None:
        """A plugin's methods know the Room that took it along."""
        seen: list[Any] = []

        class Chat(Plugin):
            @on_message("chat")
            def chat(self, client: Client, text: str = "hello") -> None:
                """Note who said what, and where."""
                seen.append((self.room, client, text))

        self.table.define(scripted(plugins=(Chat,)))
        guest = self.table.sit()

        guest.send("chat", "hi")
        guest.send("chat")

        room = guest.actor.room
        self.assertEqual(
            seen, [(room, guest.client, "hi"), (room, guest.client, "hello")]
        )

    def test_hooks_take_what_they_are_given(self) -> None:
        """A plugin's hook that could not be called is refused with the Room."""
        self.refused(
            "Chat.on_join must take (client, options)",
            on_join=lambda self, client: None,
        )

    def test_hooks_of_rooms_alone_are_refused(self) -> None:
        """A hook that nobody would call on a plugin is not there in vain."""
        for name in ("on_before_patch", "on_before_shutdown", "on_error"):
            self.refused(
                f"Chat.{name} would never be called: a Plugin has only on_create, "
                "on_restore, on_hibernate, on_auth, on_join, on_drop, on_reconnect, "
                "on_leave, on_dispose",
                **{name: lambda *_: None},
            )

    def test_room_of_a_plugin_is_not_hidden(self) -> None:
        """A plugin's `room` is its Room, whatever it listens for."""
        heard = on_message("room")(lambda self, client: None)

        self.refused(
            "Chat.room is a listener and hides Plugin.room: call it something else",
            room=heard,
        )

    def test_names_of_elsewhere_are_told(self) -> None:
        """A plugin's hooks are called as those of Rooms are."""
        self.refused("Chat.onJoin: here it is on_join", onJoin=lambda *_: None)

    def test_loss_is_not_awaited(self) -> None:
        """A plugin's `on_drop` is plain, as the Room's own comes right behind it."""

        async def lost(self: Any, client: Any, code: int) -> None:
            """Wait."""

        self.refused("Chat.on_drop cannot be async: nobody waits for it", on_drop=lost)

    def test_order_is_checked(self) -> None:
        """An order that means nothing is refused with the Room."""
        named = ", ".join(ORDERED)
        self.refused(
            'Chat.order must be a dict, such as {"on_create": "after"}, not 5',
            order=5,
        )
        self.refused(
            f"Chat.order is of {named}, and not of on_auth",
            ValueError,
            order={"on_auth": "after"},
        )
        self.refused(
            'Chat.order of on_join must be "before" or "after", not 1',
            ValueError,
            order={"on_join": 1},
        )

    def test_two_plugins_for_one_type_are_refused(self) -> None:
        """Plugins that listen for the same type are refused as the Room is defined."""
        chat = type("Chat", (Plugin,), {"hear": on_message("say")(lambda s, c: None)})
        log = type("Log", (Plugin,), {"note": on_message("say")(lambda s, c: None)})
        raw = type("Raw", (Plugin,), {"note": on_bytes("say")(lambda s, c, m: None)})
        arena: Any = type("Arena", (Room,), {"plugins": (chat, log)})

        raised = self.assertRaises(TypeError, check_room, arena)

        self.assertEqual(
            str(raised), 'Arena.plugins: Chat and Log both listen for "say"'
        )
        arena.plugins = (chat, raw)
        check_room(arena)

    def test_plugin_may_listen_twice_for_a_type(self) -> None:
        """Two methods of one plugin hear the same message, as those of a Room do."""
        heard: list[str] = []

        class Chat(Plugin):
            @on_message("say")
            def one(self, client: Client) -> None:
                """Hear."""
                heard.append("one")

            @on_message("say")
            def other(self, client: Client) -> None:
                """Hear, too."""
                heard.append("other")

        self.table.define(scripted(plugins=(Chat,)))
        self.table.sit().send("say")

        self.assertEqual(heard, ["one", "other"])


class OrderTests(PluginTestCase):
    def test_plugins_come_first_and_go_last(self) -> None:
        """Plugins run before the Room who comes or is lost, and after it who goes."""
        guest = self.seated(
            self.noting("a"),
            self.noting("b"),
            on_drop=lambda room, client, code: room.allow_reconnection(client, 20),
        )
        guest.drop()
        guest.back().ack().leave()

        late = ("on_leave", "on_dispose")
        self.assertEqual(
            self.diary,
            [
                f"{who} {hook}"
                for hook in HOOKS
                for who in (("room", "a", "b") if hook in late else ("a", "b", "room"))
            ],
        )

    def test_plugin_may_run_at_another_time(self) -> None:
        """A plugin says of a hook that it runs on the other side of the Room's own."""
        other = {"before": "after", "after": "before"}
        turned = {hook: other[place] for hook, place in ORDERED.items()}
        guest = self.seated(
            self.noting("a", order=turned),
            self.noting("b"),
            on_drop=lambda room, client, code: room.allow_reconnection(client, 20),
        )
        guest.drop()
        guest.back().ack().leave()

        for hook, place in ORDERED.items():
            if hook in ("on_restore", "on_hibernate"):
                continue  # nothing is kept of this Room
            order = ("b", "room", "a") if place == "before" else ("a", "room", "b")
            told = [each for each in self.diary if each.endswith(hook)]
            self.assertEqual(told, [f"{who} {hook}" for who in order])

    def test_required_plugins_come_along_before(self) -> None:
        """What plugins require comes once, before them, and listens as well."""
        base = self.noting("base", hear=on_message("x")(lambda s, c: c.send("x", 1)))
        one = self.noting("one", requires=(base,))
        two = self.noting("two", requires=(one, base))

        guest = self.seated(two, one)
        guest.send("x")

        self.assertEqual(guest.messages("x"), [1])
        plugins = [type(each) for each in guest.actor.room.plugin_list]
        self.assertEqual(plugins, [base, one, two])
        self.assertEqual(
            self.diary[:4],
            [f"{who} on_create" for who in ("base", "one", "two", "room")],
        )

    def test_plugins_that_require_each_other_are_refused(self) -> None:
        """A circle has no first plugin, and what is no plugin is none to require."""
        one, two = self.noting("one"), self.noting("two")
        one.requires, two.requires = (two,), (one,)
        arena: Any = type("Arena", (Room,), {"plugins": (one,)})

        raised = self.assertRaises(TypeError, check_room, arena)
        one.requires = (Room,)  # type: ignore[assignment]  # the mistake
        other = self.assertRaises(TypeError, check_room, arena)

        self.assertEqual(
            str(raised), "plugins go in a circle: one requires two requires one"
        )
        self.assertIn("one.requires must be a tuple of Plugin classes", str(other))


class ReturnTests(PluginTestCase):
    def test_plugin_keeps_the_seat(self) -> None:
        """A Room without `on_drop` waits for its clients if a plugin says so."""

        class Patient(Plugin):
            def on_drop(self, client: Client, code: int) -> None:
                """Keep the seat."""
                self.room.allow_reconnection(client, 20)

        self.table.define(scripted(plugins=(Patient,)))
        guest = self.table.sit()
        guest.drop()
        self.assertIs(guest.client.status, ClientStatus.AWAY)

        back = guest.back().ack()

        self.assertTrue(back.joined)
        self.assertIs(back.client, guest.client)

    def test_plugin_may_return_what_keeps_the_seat(self) -> None:
        """Nobody waits for what it returns, and each loss is told while others last."""

        class Patient(Plugin):
            def on_drop(self, client: Client, code: int) -> Any:
                """Keep the seat."""
                return self.room.allow_reconnection(client, 20)

        self.table.define(scripted(plugins=(Patient,), message_seconds=2.0))
        guests = [self.table.sit() for _ in range(2)]
        for guest in guests:
            guest.drop()
        self.table.beat(3.0)

        for guest in guests:
            self.assertIs(guest.client.status, ClientStatus.AWAY)
            self.assertTrue(guest.back().joined)
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_plugin_denies_a_return(self) -> None:
        """What a plugin raises as a client is back keeps it out."""

        def deny(*_: Any) -> None:
            raise Refused("not you")

        guest = self.seated(
            self.noting("a", on_reconnect=deny),
            on_drop=lambda room, client, code: room.allow_reconnection(client, 20),
        )
        guest.drop()

        back = guest.back()

        self.assertEqual([each.text for each in back.failures], ["not you"])
        self.assertNotIn("room on_reconnect", self.diary)

    def test_plugin_that_fails_at_a_loss_hurts_nobody(self) -> None:
        """The Room is told of a loss though a plugin fails at it."""

        def fail(*_: Any) -> None:
            raise KeyError("lost")

        guest = self.seated(self.noting("a", on_drop=fail))

        guest.drop()

        self.assertIn("room on_drop", self.diary)
        self.assertEqual(len(self.logged(KeyError)), 1)
