"""The country of `examples.life`, watched in a browser."""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from tests.scenario.sdk.story import launch
from tests.support.browser import Page, missing_browser, shared_browser
from tests.support.daemon import PATIENCE


class CountryPageTests(SynchronousTestCase):
    skip = missing_browser()

    @override
    def setUp(self) -> None:
        """Serve the country."""
        self.pictures = Path("screenshots")
        self.pictures.mkdir(exist_ok=True)
        daemon = launch("examples.life")
        self.addCleanup(daemon.process.wait, PATIENCE)
        self.addCleanup(daemon.process.kill)
        self.url = f"{daemon.url()}/life/"

    def shoot(self, page: Page, name: str) -> None:
        """Store a picture; nothing is drawn meanwhile, which would take long."""
        page.evaluate("scene.game.loop.sleep()")
        page.shot(self.pictures / f"life-{name}.png")
        page.evaluate("scene.game.loop.wake()")

    def test_country_is_watched(self) -> None:
        """People are seen near by and from above; who pans sees others."""
        page = shared_browser().open(self.url)
        self.addCleanup(page.close)
        page.wait("window.ready === true", timeout=30)
        page.wait("room.state.people.size > 500", timeout=30)
        self.shoot(page, "town")

        seen = page.evaluate("window.seen = [...room.state.people.ids].slice(0, 200)")
        page.evaluate("window.at = seen.map((id) => room.state.people.get(id)?.x)")
        page.wait(
            "seen.some((id, n) => (room.state.people.get(id)?.x ?? at[n]) !== at[n])",
            timeout=30,
        )
        page.evaluate("camera.jump(camera.x > 3200 ? 600 : 5800, camera.y, 1.4)")
        page.wait("seen.every((id) => !room.state.people.has(id))", timeout=30)
        page.wait("room.state.people.size > 100", timeout=30)
        page.press("l")
        page.press("c")
        self.assertTrue(page.evaluate("document.getElementById('show-levels').checked"))
        self.shoot(page, "levels")
        page.evaluate("camera.jump(3200, 3200, 0.1)")
        page.wait("room.state.people.size === 0", timeout=30)
        page.wait("document.getElementById('total').textContent === '100,000'")
        self.shoot(page, "country")

        self.assertEqual(len(seen), 200)
        self.assertEqual(page.evaluate("document.title"), "Life · Nexus")
        self.assertEqual(page.severe(), [])
        said = page.complaints()
        # The pictures are what stalls the GPU.
        self.assertEqual([each for each in said if "ReadPixels" not in each], [])
