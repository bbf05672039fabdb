"""The first Room of the README is served, and joined as its page says."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests import ROOT
from tests.support.browser import missing_browser, shared_browser
from tests.support.daemon import PATIENCE, clean_environment, running
from tests.support.sdk import missing
from tests.test_docs import examples

#: Whether a square was drawn where the corner of a pixel is.
_HAS_MOVED = (
    "document.getElementById('arena').getContext('2d')"
    ".getImageData(%s, 1, 1).data[3] > 0"
)

_README = (ROOT / "README.md").read_text("utf-8")
_PAGE = (ROOT / "docs" / "first-room.md").read_text("utf-8")


def block(text: str, language: str) -> str:
    """Return the one block of a language on a page."""
    [found] = re.findall(rf"^```{language}\n(.*?)^```", text, re.M | re.S)
    return str(found)


class FirstRoomTests(SynchronousTestCase):
    skip = missing()

    def test_room_is_the_one_of_the_readme(self) -> None:
        """Who read the README finds the same Room on the page, in twenty lines."""
        [page] = examples(_PAGE)
        first = examples(_README)[0]

        self.assertEqual(page.code, first.code)
        lines = [line for line in page.code.splitlines() if line]
        self.assertLessEqual(len(lines), 20)

    def test_script_joins_and_plays(self) -> None:
        """The script of the page prints what the page says."""
        said = self.run_script(block(_PAGE, "js"))

        self.assertEqual(said, ["me 0 0", "me 1.5 2"])

    def test_script_of_the_readme_plays(self) -> None:
        """So does that of the README, with an end, which it leaves out."""
        script = block(_README, "js") + "setTimeout(() => room.leave(), 500);"

        said = "".join(self.run_script(script))

        self.assertIn("{ x: 0, y: 0 }", said)
        self.assertIn("{ x: 1.5, y: 2 }", said)

    def run_script(self, script: str) -> list[str]:
        """Serve the Room, play a script with the official SDK, and return its lines."""
        with running(self.folder(), arguments=("--app=arena", "--port=0")) as daemon:
            url = daemon.url().replace("http", "ws")
            script = script.replace("@colyseus/sdk", "sdk18")
            run = subprocess.run(
                ["node", "--input-type=module", "-"],
                input=script.replace("ws://127.0.0.1:5000", url),
                cwd=ROOT / "tests",
                env=clean_environment(),
                capture_output=True,
                text=True,
                timeout=PATIENCE,
            )
        self.assertEqual(run.returncode, 0, run.stderr)
        return run.stdout.splitlines()

    def test_page_is_played(self) -> None:
        """Two windows see each other's squares, and nothing is missing."""
        folder = self.folder()
        (folder / "page").mkdir()
        (folder / "page" / "index.html").write_text(block(_PAGE, "html"), "utf-8")
        line = re.findall(r"^app\.static.*$", _PAGE, re.M)
        with (folder / "arena.py").open("a") as out:
            print(*line, file=out)

        with running(folder, arguments=("--app=arena", "--port=0")) as daemon:
            url = f"{daemon.url()}/play/"
            one, other = (shared_browser().open(url) for _ in range(2))
            one.wait(_HAS_MOVED % "2, 2")
            one.evaluate(
                "dispatchEvent(new PointerEvent('pointermove',"
                " {clientX: 108, clientY: 108}))"
            )
            other.wait(f"{_HAS_MOVED % '100, 100'} || {_HAS_MOVED % '108, 108'}")
            status = "document.querySelector('nexus-status')"
            other.wait(f"{status}.getAttribute('level') === 'excellent'")
            said = [*one.complaints(), *other.complaints()]
            for page in (one, other):
                page.close()

        # It is this test that reads the canvas back.
        read_back = "willReadFrequently"
        self.assertEqual([each for each in said if read_back not in each], [])

    test_page_is_played.skip = missing_browser()  # type: ignore[attr-defined]  # trial's

    def folder(self) -> Path:
        """Make a folder with the Room in it."""
        folder = Path(self.mktemp()).absolute()
        folder.mkdir()
        [page] = examples(_PAGE)
        (folder / "arena.py").write_text(page.code, "utf-8")
        return folder
