"""Tests of `nexus.room.plugin`."""

from __future__ import annotations

from typing import Any

from nexus.room import Client, Plugin, Room, on_message
from nexus.room.declare import check_room
from tests.support.room import scripted
from tests.support.table import TableTestCase


class PluginTests(TableTestCase):
    def refused(self, why: str, **said: Any) -> None:
        """Check that a Room cannot take a plugin along, and why."""
        chat = type("Chat", (Plugin,), said)
        arena: Any = type("Arena", (Room,), {"plugins": (chat,)})
        self.assertEqual(str(self.assertRaises(TypeError, check_room, arena)), why)

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
        for name in ("on_drop", "on_reconnect", "on_before_patch", "on_error"):
            self.refused(
                f"Chat.{name} would never be called: a Plugin has only on_create, "
                "on_auth, on_join, on_leave, on_dispose",
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
