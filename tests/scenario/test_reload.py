"""A Node under development: its code changes, and it starts again by itself."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from urllib.request import urlopen

from twisted.internet import reactor  # noqa: TID251  # a client of a real Node needs it
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from nexus.client import Client
from nexus.errors import Close
from tests.support.daemon import PATIENCE, TWISTD, Daemon, clean_environment, start

_ROOMS = """\
from nexus import App, Room
from twisted.web.static import Data
from words import WORD

class Talk(Room):
    pass

app = App()
app.define("talk", Talk)
app.route("word", Data(WORD.encode(), "text/plain"))
"""


class DevelopmentTests(TestCase):
    def setUp(self) -> None:
        """Write an app."""
        self.folder = Path(self.mktemp()).absolute()
        self.folder.mkdir()
        self.save("rooms.py", _ROOMS)
        self.save("words.py", 'WORD = "one"\n')

    def save(self, name: str, text: str) -> None:
        """Write a file as editors do: beside, and then in its place."""
        beside = self.folder / f".{name}.swp"
        beside.write_text(text)
        beside.rename(self.folder / name)

    def serve(self, *more: str) -> Daemon:
        """Start a Node that watches its app."""
        options = ("--app=rooms", "--port=0", "--reload", "--log-format=text")
        daemon = start(self.folder, (*options, *more))
        self.addCleanup(daemon.process.wait, PATIENCE)
        self.addCleanup(daemon.process.kill)
        return daemon

    async def until(self, daemon: Daemon, condition: Callable[[str], bool]) -> str:
        """Wait until the log is as it should be."""
        for _ in range(int(2 * PATIENCE / 0.05)):
            log = daemon.log.read_text("utf-8")
            if condition(log):
                return log
            await deferLater(reactor, 0.05)
        raise AssertionError(daemon.log.read_text("utf-8"))

    def word(self, daemon: Daemon) -> str:
        """Ask for what the code says."""
        with urlopen(f"{daemon.url()}/word", timeout=PATIENCE) as answer:
            word: str = answer.read().decode()
        return word

    async def test_change_is_served_by_the_same_process_on_the_same_port(self) -> None:
        """A save starts the Node again, once; clients are told that they may return."""
        daemon = self.serve()
        url, told = daemon.url(), []
        self.assertEqual(self.word(daemon), "one")
        client = Client(url.replace("http", "ws"), reactor=reactor)
        room = await client.join_or_create("talk")
        room.on("drop", told.append)
        room.on("leave", told.append)
        pid = daemon.process.pid

        self.save("words.py", 'WORD = "two"\n')
        log = await self.until(daemon, lambda log: "started again in" in log)

        self.assertEqual(self.word(daemon), "two")
        self.assertEqual(log.count("trying the new code"), 1)
        self.assertEqual(log.count(f"serving {url}"), 2)
        self.assertEqual(daemon.process.pid, pid)
        self.assertIsNone(daemon.process.poll())
        for _ in range(int(PATIENCE / 0.05)):
            if len(told) == 2:
                break
            await deferLater(reactor, 0.05)
        self.assertEqual(told[0].code, Close.MAY_REJOIN)
        self.assertEqual(len(told), 2, "its room is gone, so it has left")

    async def test_broken_code_is_told_and_the_fix_is_served(self) -> None:
        """The old code goes on until there is new code that can be loaded."""
        daemon = self.serve()
        daemon.url()

        self.save("words.py", "WORD = \n")
        log = await self.until(daemon, lambda log: "the old goes on" in log)

        self.assertIn("SyntaxError", log)
        self.assertIn("words.py", log)
        self.assertEqual(self.word(daemon), "one")
        self.save("rooms.py", _ROOMS.replace("words", "others"))
        await self.until(daemon, lambda log: log.count("the old goes on") == 2)
        self.save("others.py", 'WORD = "three"\n')
        await self.until(daemon, lambda log: "started again in" in log)
        self.assertEqual(self.word(daemon), "three")

    async def test_nobody_is_refused_during_a_restart(self) -> None:
        """Who asks while the Node starts again waits, and is answered."""
        daemon = self.serve()
        daemon.url()

        answers = []
        for number in range(3):
            self.save("words.py", f'WORD = "{number}"\n')
            while answers[-1:] != [str(number)]:
                # Who was let in a moment before the end may be cut off.
                with contextlib.suppress(ConnectionResetError):
                    answers.append(self.word(daemon))
                await deferLater(reactor, 0.02)

        self.assertEqual(list(dict.fromkeys(answers)), ["one", "0", "1", "2"])

    def test_stop_stops(self) -> None:
        """A Node that was started again ends when it is told to."""
        daemon = self.serve()
        daemon.url()
        self.save("words.py", 'WORD = "two"\n')
        for _ in range(int(2 * PATIENCE / 0.05)):
            if "started again in" in daemon.log.read_text("utf-8"):
                break
            time.sleep(0.05)

        daemon.stop()

        self.assertEqual(daemon.log.read_text("utf-8").count("starting up"), 2)

    def test_reload_is_for_the_foreground_and_wants_an_app(self) -> None:
        """A daemon that nobody sees does not reload, nor does a Node without an app."""
        for arguments, reason in (
            (("nexus", "--reload", "--app=rooms"), "in the foreground only"),
            (("-n", "nexus", "--reload"), "name it with --app"),
        ):
            run = subprocess.run(
                [*TWISTD, "--pidfile=", *arguments],
                cwd=self.folder,
                env=clean_environment(),
                capture_output=True,
                text=True,
                timeout=2 * PATIENCE,
            )

            self.assertEqual(run.returncode, 1)
            self.assertIn(reason, run.stdout.splitlines()[-1])
