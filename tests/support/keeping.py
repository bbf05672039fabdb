"""A Node that keeps its Rooms, as a process of its own, and clients of it."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError
from urllib.request import urlopen

from attrs import define, field
from twisted.internet import reactor  # noqa: TID251  # a client of a real Node needs it
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from nexus.client import Client, Reconnection, Room, Setting
from tests.support.daemon import PATIENCE, Daemon, clean_environment, start

__all__ = ["KeepingTestCase", "Node"]

_GAME: Final = """\
from pathlib import Path

from nexus import App, Map, Room, State, on_message, uint32
from nexus.archive.writer import Writer
from nexus.store.file import SqliteFile


class Player(State):
    score: uint32


class World(State):
    total: uint32
    players: Map[str, Player]
    note: str


class Arena(Room[World]):
    durability = "confirmed"

    def on_create(self, options):
        self.state = World()

    def on_join(self, client, options):
        self.state.players[client.session_id] = Player()

    def on_drop(self, client, code):
        self.allow_reconnection(client, 60)

    @on_message("add")
    def add(self, client, amount):
        if isinstance(amount, list):
            amount, self.state.note = amount
        self.state.total += amount
        self.state.players[client.session_id].score += amount
        return self.state.total


begin = SqliteFile.begin


def limited(self):
    # Pages that are there stay, so that 1 means: no more than these.
    most = 1 if Path("full").exists() else 2**30
    self.query(f"PRAGMA max_page_count = {most}", ())
    begin(self)


SqliteFile.begin = limited
# A minute is long for a test.
Writer.__init__.__kwdefaults__["most_seconds"] = 2.0
app = App()
app.define("arena", Arena)
"""

_SETTING: Final = Setting(
    reconnection=Reconnection(delay=0.05, max_delay=0.2, max_retries=1_000)
)


@define(eq=False)
class Node:
    """A Node in a folder of its own, which may be started again on the same port."""

    folder: Path
    database: str
    port: int = field(init=False)
    daemon: Daemon | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)
        (self.folder / "game.py").write_text(_GAME)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    def start(self) -> None:
        """Start a process."""
        self.daemon = start(
            self.folder,
            ("--app=game", f"--port={self.port}", "--log-format=text"),
            environment=clean_environment(DATABASE_URL=self.database),
        )

    def signal(self, how: signal.Signals) -> None:
        """Send a signal to the process."""
        assert self.daemon is not None
        self.daemon.process.send_signal(how)

    def kill(self) -> None:
        """Kill the process, -9."""
        if self.daemon is not None:
            self.daemon.process.kill()
            self.daemon.process.wait(PATIENCE)

    def stop(self) -> None:
        """Stop the process in good order."""
        assert self.daemon is not None
        self.daemon.stop()

    def log(self) -> str:
        """Return what the process has logged."""
        assert self.daemon is not None
        return self.daemon.log.read_text("utf-8")

    def asked(self, page: str = "") -> tuple[int, dict[str, Any]]:
        """Ask for its health; 0: it does not answer."""
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/health{page}", timeout=5) as it:
                return it.status, json.load(it)
        except HTTPError as error:
            with error:
                return error.code, json.load(error)
        except OSError:
            return 0, {}


class KeepingTestCase(TestCase):
    """Tests with a real Node, and clients in this process."""

    timeout = 60

    def setUp(self) -> None:
        """Have a folder, and no clients."""
        self.folder = Path(self.mktemp()).absolute()
        self.folder.mkdir()
        self.rooms: list[Room] = []
        self._away: set[Room] = set()
        self.addCleanup(self.leave)

    async def leave(self) -> None:
        """Let all clients go."""
        for room in self.rooms:
            await room.leave()

    def node(self, name: str = "node", database: str = "sqlite:///kept.db") -> Node:
        """Make a Node that is not started."""
        made = Node(self.folder / name, database)
        self.addCleanup(made.kill)
        return made

    async def up(self, node: Node) -> None:
        """Start a Node, and wait until it lets people in."""
        node.start()
        await self.until(lambda: node.asked("/ready")[0] == 200, node)

    async def join(self, node: Node, room_id: str | None = None) -> Room:
        """Join a Room, or make one."""
        url = f"ws://127.0.0.1:{node.port}"
        client = Client(url, reactor=reactor, setting=_SETTING)
        if room_id is None:
            room = await client.create("arena")
        else:
            room = await client.join_by_id(room_id)
        self.rooms.append(room)
        room.on("drop", lambda _: self._away.add(room))
        room.on("reconnected", lambda _: self._away.discard(room))
        await room.ready()
        return room

    async def until(self, condition: Callable[[], bool], node: Node) -> None:
        """Wait for something of a Node."""
        for _ in range(int(PATIENCE / 0.05)):
            if await deferToThread(condition):
                return
            await deferLater(reactor, 0.05)
        raise AssertionError(node.log()[-6000:])

    async def back(self, room: Room, node: Node) -> None:
        """Wait until a client is in its Room again, and its State is whole."""
        await self.until(lambda: room not in self._away, node)

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        await deferLater(reactor, seconds)
