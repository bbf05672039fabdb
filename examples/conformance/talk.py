"""Rooms that listen: `boom`, `requests` and `plugin`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from typing_extensions import override

from nexus import Client, Plugin, Refused, Rejected, Room, int32, on_message

__all__ = ["Boom", "Requests", "WithPlugin"]


class Boom(Room[Any]):
    """Makes mistakes."""

    @on_message("boom")
    def boom(self, client: Client, message: Any) -> None:
        """Fail at a message."""
        raise RuntimeError("a secret of the listener")

    @on_message("timer")
    def fail_later(self, client: Client) -> None:
        """Fail a little later."""
        self.clock.call_later(0.05, self.boom, client, None)

    @on_message("echo")
    def echo(self, client: Client, message: Any) -> None:
        """Go on as if nothing had happened."""
        client.send("echo", message)


class Requests(Room[Any]):
    """Answers requests in every way."""

    @on_message("value")
    def answer(self, client: Client, message: Any) -> Any:
        """Answer with what was asked."""
        return message

    @on_message("slow")
    async def answer_late(self, client: Client, message: Any) -> Any:
        """Answer after a while."""
        await self.clock.sleep(0.1)
        return message

    @on_message("reject")
    def reject(self, client: Client, message: Any) -> None:
        """Answer with a reason."""
        raise Rejected(message)

    @on_message("refuse")
    def refuse(self, client: Client, message: Any) -> None:
        """Answer with an error that may be read."""
        raise Refused("no such thing", 4321)

    @on_message("raise")
    def fail(self, client: Client, message: Any) -> None:
        """Fail."""
        raise RuntimeError("a secret of the answer")

    @on_message("checked")
    def check(self, client: Client, message: int32) -> int:
        """Take a whole number only, such that the next one can be sent, too."""
        return message + 1


class Counting(Plugin):
    """Counts who came and who went."""

    @override
    def on_create(self, options: Mapping[str, Any]) -> None:
        """Begin with nobody."""
        self.came = self.went = 0

    @override
    def on_join(self, client: Client, options: Mapping[str, Any]) -> None:
        """Count somebody who came."""
        self.came += 1

    @override
    def on_leave(self, client: Client, code: int) -> None:
        """Count somebody who went."""
        self.went += 1

    @on_message("counts")
    def tell(self, client: Client) -> None:
        """Tell the counts."""
        client.send("counts", [self.came, self.went])

    @on_message("who")
    def who(self, client: Client) -> None:
        """Answer for a Room that does not itself."""
        client.send("who", "plugin")


class WithPlugin(Room[Any]):
    """Takes a plugin along."""

    plugins: ClassVar = (Counting,)

    @on_message("who")
    def who(self, client: Client) -> None:
        """Answer instead of the plugin."""
        client.send("who", "room")
