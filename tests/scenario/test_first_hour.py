"""The first hour with Nexus: install it, have a game made, test, serve and play it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from twisted.internet import reactor  # noqa: TID251  # a client of a real Node needs it
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from nexus.client import Client, Room
from tests.support.browser import missing_browser, shared_browser
from tests.support.daemon import PATIENCE, Daemon, clean_environment
from tests.support.package import Installed, call


class FirstHourTests(TestCase):
    timeout = 300.0
    skip = missing_browser()

    def made(self) -> Path:
        """Install a wheel into an empty environment, and have a game made by it."""
        installed = Installed(Path(self.mktemp()).absolute())
        installed.pip("install", "--no-deps", installed.wheel())
        installed.lend()
        nexus = installed.environment / "bin" / "nexus"
        said = call(nexus, "init", "game", folder=installed.folder)
        self.assertIn("cd game\n  make test\n  make run\n", said)
        return installed.folder / "game"

    def serve(self, game: Path) -> Daemon:
        """Run `make run` on a free port."""
        log = game.with_name("game.log")
        with log.open("w") as out:
            process = subprocess.Popen(
                ["make", "run"],
                cwd=game,
                env=clean_environment(PORT="0"),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )

        def stop() -> None:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(PATIENCE)

        self.addCleanup(stop)
        return Daemon(process, log)

    def get(self, url: str) -> str:
        """Load what a browser would."""
        with urlopen(url, timeout=PATIENCE) as answer:
            text: str = answer.read().decode()
        return text

    async def until(self, condition: Callable[[], Any]) -> None:
        """Wait until something is so."""
        for _ in range(int(PATIENCE / 0.05)):
            if condition():
                return
            await deferLater(reactor, 0.05)
        raise AssertionError("it took too long")

    async def test_game_is_made_tested_served_and_played(self) -> None:
        """Each step that `nexus init` names works, and so does the page, by itself."""
        game = self.made()

        self.assertIn("OK", call("make", "test", folder=game))
        call("make", "types", folder=game)
        types = game / "page" / "rooms.d.ts"
        self.assertIn("players: ReadonlyMap<string, Player>", types.read_text("utf-8"))
        daemon = self.serve(game)
        url = daemon.url()
        self.assertIn("<nexus-status>", self.get(f"{url}/play/"))
        script = self.get(f"{url}/play/game.js")
        [loaded] = re.findall(r'from "(/[^"]+)"', script)
        self.assertIn("Interpolation", self.get(url + loaded))
        self.assertIn("<html", self.get(f"{url}/"))

        client = Client(url.replace("http", "ws"), reactor=reactor)
        room = await client.join_or_create("meadow", {"name": "Ada"})
        await self.until(lambda: room.state and room.state.players)
        before = room.state.players[room.session_id].x
        right = 1 if before < 320 else -1
        room.send("push", [right, 0])
        await self.until(lambda: room.state.players[room.session_id].x != before)
        self.assertEqual(room.state.players[room.session_id].name, "Ada")
        await self.play_in_browser(f"{url}/play/", room)
        await room.leave()

    async def play_in_browser(self, url: str, room: Room) -> None:
        """Let a browser open the page, and be seen to run by who is there already."""
        page = shared_browser().open(url)
        self.addCleanup(page.close)
        page.wait("document.querySelectorAll('#scores li').length === 2")
        players = room.state.players
        await self.until(lambda: len(players) == 2)
        [other] = set(players) - {room.session_id}
        before = players[other].x
        key = "ArrowRight" if before < 320 else "ArrowLeft"
        page.evaluate(
            "document.getElementById('meadow').dispatchEvent("
            f"new KeyboardEvent('keydown', {{code: '{key}', bubbles: true}}))"
        )
        await self.until(lambda: players[other].x != before)
        page.shot(Path("first-hour.png"))
        self.assertEqual(page.complaints(), [])
