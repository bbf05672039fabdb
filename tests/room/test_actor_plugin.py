"""Tests of `nexus.room.actor`: Rooms that are built of Plugins."""

from __future__ import annotations

from typing import Any

from nexus.errors import Refused
from nexus.room import Client, Plugin, on_message
from tests.room.acting import ActorTestCase
from tests.support.room import Scripted, scripted


class PluginTests(ActorTestCase):
    def test_plugins_come_first_and_go_last(self) -> None:
        """Hooks of a plugin run before the Room's on the way in, after it out."""
        diary: list[str] = []

        class Noted(Plugin):
            def on_create(self, options: Any) -> None:
                diary.append("plugin create")

            def on_auth(self, *_: Any) -> None:
                diary.append("plugin auth")

            def on_join(self, *_: Any) -> None:
                diary.append("plugin join")

            def on_leave(self, *_: Any) -> None:
                diary.append("plugin leave")

            def on_dispose(self) -> None:
                diary.append("plugin dispose")

        hooks = ("create", "auth", "join", "leave", "dispose")
        guest = self.seated(
            {"plugins": (Noted,)},
            **{f"on_{hook}": lambda *_, h=hook: diary.append(h) or 1 for hook in hooks},
        )
        guest.leave()

        self.assertEqual(
            diary,
            [f"{who}{hook}" for hook in hooks[:3] for who in ("plugin ", "")]
            + [f"{who}{hook}" for hook in hooks[3:] for who in ("", "plugin ")],
        )

    def test_plugin_that_fails_at_the_end_stops_no_other(self) -> None:
        """What one hook raises keeps no other from its good-bye."""
        seen: list[str] = []

        class Sick(Plugin):
            def on_leave(self, *_: Any) -> None:
                raise KeyError("leave")

            def on_dispose(self) -> None:
                raise KeyError("dispose")

        class Well(Plugin):
            def on_leave(self, *_: Any) -> None:
                seen.append("leave")

            def on_dispose(self) -> None:
                seen.append("dispose")

        guest = self.seated({"plugins": (Sick, Well)})
        guest.leave()

        self.assertEqual(seen, ["leave", "dispose"])
        self.assertEqual(len(self.logged(KeyError)), 2)

    def test_rooms_listener_stands_above_the_plugins(self) -> None:
        """Where both listen for a type, the Room's method is called."""
        seen: list[str] = []

        class Chat(Plugin):
            @on_message("chat")
            def chat(self, client: Client) -> None:
                seen.append("plugin")

            @on_message("shout")
            def shout(self, client: Client) -> None:
                seen.append("shout")

        class Talk(Scripted):
            plugins = (Chat,)

            @on_message("chat")
            def chat(self, client: Client) -> None:
                seen.append("room")

        self.table.define(scripted(base=Talk))
        guest = self.table.sit()
        guest.send("chat")
        guest.send("shout")

        self.assertEqual(seen, ["room", "shout"])

    def test_two_plugins_for_one_type_are_a_mistake(self) -> None:
        """Plugins that listen for the same type do not go together."""

        class Chat(Plugin):
            @on_message("chat")
            def chat(self, client: Client) -> None:
                """Hear."""

        class Other(Chat):
            """Hears the same."""

        kind = scripted()
        self.table.define(kind, unique_by=("map",))
        kind.plugins = (Chat, Other)  # behind the back of the check

        self.assertRaises(Refused, self.table.reserve)
        self.assertRaises(Refused, self.table.reserve)

        self.assertIn('two plugins listen for "chat"', self.logged(TypeError))
