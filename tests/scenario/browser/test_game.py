"""The arena, played by keyboard in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from tests.scenario.sdk.story import launch
from tests.support.browser import Page, missing_browser, shared_browser
from tests.support.daemon import PATIENCE

#: Where one's own score stands.
_OWN: Final = "document.querySelector('#board li.me b')"


class ArenaTests(SynchronousTestCase):
    skip = missing_browser()

    @override
    def setUp(self) -> None:
        """Serve the arena."""
        self.pictures = Path("screenshots")
        self.pictures.mkdir(exist_ok=True)
        daemon = launch("examples.arena")
        self.addCleanup(daemon.process.wait, PATIENCE)
        self.addCleanup(daemon.process.kill)
        self.url = f"{daemon.url()}/arena/"

    def play(self, page: Page, name: str) -> None:
        """Say a name, and wait for the arena."""
        page.wait("document.activeElement.id === 'name'")
        page.type(name)
        page.press("Enter")
        page.wait("window.ready === true")
        page.wait(_OWN)

    def test_arena_is_played(self) -> None:
        """Two play by keyboard, see each other, and come back when they are lost."""
        ada = shared_browser().open(self.url)
        bob = shared_browser().open(self.url, width=360, height=720)
        self.addCleanup(ada.close)
        self.addCleanup(bob.close)
        self.play(ada, "Ada")
        self.play(bob, "Bob")

        ada.wait("[...room.state.players.values()].some((each) => each.name === 'Bob')")
        before = ada.evaluate("room.state.players.get(room.sessionId).x")
        key = "ArrowRight" if before < 800 else "ArrowLeft"
        ada.evaluate(
            "document.getElementById('game').dispatchEvent("
            f"new KeyboardEvent('keydown', {{code: '{key}', bubbles: true}}))"
        )
        ada.wait(f"room.state.players.get(room.sessionId).x !== {before}")
        ada.evaluate("room.disconnect()")
        ada.wait(
            "document.getElementById('notice').textContent.includes('Coming back')"
        )
        ada.wait("document.getElementById('notice').textContent === ''")
        # The key is held still: who comes back runs on, away from the edge as before.
        back = ada.evaluate("room.state.players.get(room.sessionId).x")
        ada.wait(f"Math.abs(room.state.players.get(room.sessionId).x - {back}) > 30")
        for page, name in ((ada, "arena-wide"), (bob, "arena-narrow")):
            page.shot(self.pictures / f"{name}.png")

        self.assertEqual(ada.evaluate("document.title"), "Arena · Nexus")
        self.assertFalse(bob.evaluate("document.body.scrollWidth > innerWidth"))
        self.assertEqual([*ada.severe(), *bob.severe()], [])
        said = [*ada.complaints(), *bob.complaints()]
        # The pictures are what stalls the GPU.
        self.assertEqual([each for each in said if "ReadPixels" not in each], [])
