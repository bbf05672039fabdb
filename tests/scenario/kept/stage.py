"""What the stories of returns share: bots, and a Node that ends and starts again."""

from __future__ import annotations

import atexit
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from attrs import define, field
from typing_extensions import override

from nexus.errors import Code
from tests import ROOT
from tests.scenario.sdk.story import tidy, until
from tests.support.daemon import PATIENCE, Daemon, clean_environment, start
from tests.support.proxy import shared_proxy
from tests.support.sdk import Bot, BrowserSdk, Sdk, SdkError

__all__ = ["CAST", "OURS", "Stage", "back", "come_back", "everybody", "join", "truth"]

_T = TypeVar("_T")

#: The clients that play; the official bundle of browsers is that of Node.js.
CAST: Final = ("16", "17", "18", "nexus", "nexus-browser", "python")

#: Those that are ours, which need no new State where they missed nothing.
OURS: Final = ("nexus", "nexus-browser", "python")

#: Where an SDK finds its own spelling of the protocol, if not where all others do.
_PATHS: Final = {"16": "/v16", "17": "/v17"}

#: How a bot comes back; nobody has time to wait as long as players do.
_HASTE: Final = {
    "minUptime": 0,
    "minDelay": 50,
    "delay": 50,
    "maxDelay": 100,
    "maxRetries": 200,
}


@define(eq=False)
class _WatchingSdk(Sdk):
    """A process whose bots also tell which members come and go."""

    @override
    def command(self) -> list[str]:
        if self.version == "python":
            return [sys.executable, "-m", "tests.scenario.kept.watching"]
        script = Path(__file__).with_name("watching.mjs")
        return ["node", str(script), self.version]


@cache
def _process(client: str) -> Sdk:
    """Return the one process with a client that ends with this run."""
    if client in ("16", "nexus-browser"):
        kind: type[Sdk] = BrowserSdk if client.endswith("-browser") else Sdk
    else:
        kind = _WatchingSdk
    sdk = kind(client)
    sdk.start()
    atexit.register(sdk.close)
    return sdk


@define(eq=False)
class Stage:
    """A folder with a database and an app, and the Node that serves them.

    Args:
        app: The module.
        options: What else the Node is started with.
    """

    app: str = "tests.scenario.kept.rooms"
    options: Sequence[str] = ()
    folder: Path = field(init=False)
    node: Daemon = field(init=False)
    _port: int = field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="kept-", dir=".")).absolute()

    def start(self) -> None:
        """Start the Node, where it was before if it was."""
        self.node = start(
            self.folder,
            (f"--app={self.app}", f"--port={self._port}", *self.options),
            environment=clean_environment(PYTHONPATH=str(ROOT)),
        )
        port = urlsplit(self.node.url()).port
        assert port is not None
        self._port = port

    def ready(self) -> None:
        """Wait until the Node lets somebody in."""
        self.node.wait_ready()

    def kill(self) -> None:
        """End the Node as a power failure would."""
        self.node.process.kill()
        self.node.process.wait(PATIENCE)

    def stop(self) -> None:
        """End the Node in good order."""
        self.node.stop()

    def close(self) -> None:
        """End the Node for good."""
        self.kill()

    def codes(self) -> dict[str, str]:
        """Return the codes of the Rooms that are kept, by their ids."""
        with closing(sqlite3.connect(self.folder / "nexus.db")) as database:
            return dict(database.execute("SELECT room_id, code FROM rooms"))

    def endpoint(self, client: str) -> str:
        """Return what a game of this client is told to connect to."""
        return f"ws://127.0.0.1:{self._port}{_PATHS.get(client, '')}"

    def write(self, name: str, text: str) -> None:
        """Write a module, as editors do: beside, and then in its place."""
        beside = self.folder / f".{name}.swp"
        beside.write_text(text)
        beside.rename(self.folder / name)


def everybody(act: Callable[[str], _T], cast: Iterable[str] = CAST) -> dict[str, _T]:
    """Do something for all clients at once; returns what came of it, by client."""
    _ = shared_proxy()
    cast = tuple(cast)
    with ThreadPoolExecutor(len(cast)) as pool:
        return dict(zip(cast, pool.map(act, cast), strict=True))


def join(
    stage: Stage, client: str, kind: str, method: str = "create", /, **options: Any
) -> Bot:
    """Let a bot join that comes back soon."""
    bot = _process(client).join(stage.endpoint(client), kind, method, **options)
    if client != "16":
        bot.tune(**_HASTE)
    return bot


def back(stage: Stage, bot: Bot, since: int) -> Bot:
    """Wait until a bot is back, by itself if its library can; return who is."""
    client = bot.sdk.version
    if client in OURS:
        bot.wait("reconnected", since=since, timeout=PATIENCE)
    elif client != "16":
        bot.wait("reconnect", since=since, timeout=PATIENCE)
    else:
        token = bot.look()["token"]
        bot.wait("leave", since=since)
        bot = come_back(stage, client, token)
    return bot


def come_back(stage: Stage, client: str, token: str) -> Bot:
    """Come back as a game does whose library does not, once the Node is ready.

    Raises:
        SdkError: The Node does not want it.
    """
    for _ in range(int(PATIENCE / 0.1)):
        try:
            return _process(client).join(stage.endpoint(client), token, "reconnect")
        except SdkError as error:
            if error.code != Code.STOPPING:
                raise
        time.sleep(0.1)
    raise AssertionError("the node is not ready")


def truth(bot: Bot) -> tuple[Any, Any]:
    """Return what the Room says is true, and what the bot comes to see."""
    said = tidy(bot.exchange("dump"))
    return said, until(lambda: tidy(bot.state()), said)
