"""The page about clients is played: its blocks join the Room of the README."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any, Final

from twisted.internet.defer import Deferred, ensureDeferred
from twisted.trial.unittest import TestCase

from tests import ROOT
from tests.support.daemon import PATIENCE, clean_environment, start
from tests.support.sdk import missing
from tests.test_docs import examples

_PAGE: Final = (ROOT / "docs" / "clients.md").read_text("utf-8")
_README: Final = (ROOT / "README.md").read_text("utf-8")


def scripts(text: str) -> list[str]:
    """Find the blocks of JavaScript on a page."""
    return re.findall(r"^```js\n(.*?)^```", text, re.M | re.S)


class ClientPageTests(TestCase):
    def serve(self) -> str:
        """Serve the Room of the README; return where."""
        folder = Path(self.mktemp())
        folder.mkdir()
        code = examples(_README)[0].code
        (folder / "arena.py").write_text(code, "utf-8")
        daemon = start(folder, ("--app=arena", "--port=0"))
        self.addCleanup(daemon.process.wait, PATIENCE)
        self.addCleanup(daemon.process.kill)
        return daemon.url().replace("http", "ws")

    def test_scripts_play(self) -> None:
        """The blocks of JavaScript, one after the other, are one program that plays."""
        url = self.serve()
        program = "\n".join(scripts(_PAGE)).replace("ws://127.0.0.1:5000", url)
        program += """
        const me = room.state.players.get(room.sessionId);
        const moved = new Promise((resolve) => room.onChange("players.*.x", resolve));
        console.log("moved to", me.x || (await moved));
        console.log("left", await room.leave(), room.quality.level);
        """

        run = subprocess.run(
            ["node", "--input-type=module", "-"],
            input=program,
            cwd=ROOT / "clients" / "js",
            env=clean_environment(),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )

        self.assertEqual(run.returncode, 0, run.stderr)
        said = run.stdout.splitlines()
        self.assertIn("came true", said)
        self.assertIn("moved to 1.5", said)
        self.assertEqual(said[-1].split()[:2], ["left", "4000"])

    test_scripts_play.skip = missing("nexus")  # type: ignore[attr-defined]  # trial looks here

    def test_functions_play(self) -> Deferred[Any]:
        """The blocks of Python join, are told of players, and move."""
        url = self.serve()
        page: dict[str, Any] = {}
        for block in examples(_PAGE):
            exec(block.code, page)

        async def play() -> None:
            room = await page["join"](url)
            came: list[str] = []
            room.on_add("players", lambda _, path: came.append(path[1]))
            page["watch"](room)
            moved: Deferred[float] = Deferred()
            room.on_change("players.*.x", lambda x, *_: moved.callback(x))
            await page["talk"](room)
            self.assertEqual(await moved, 1.5)
            self.assertEqual(came, [room.session_id])
            await room.leave()
            another = await page["make"](url).join_or_create("arena")
            await another.leave()

        return ensureDeferred(play()).addTimeout(PATIENCE, _reactor())


def _reactor() -> Any:
    """Return the reactor that trial runs."""
    from twisted.internet import reactor  # noqa: PLC0415, TID251  # trial installed it

    return reactor
