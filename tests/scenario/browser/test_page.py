"""The welcome page and the playground in a browser, with a real Node behind them."""

from __future__ import annotations

import atexit
import json
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.request import Request, urlopen

from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from tests.scenario.sdk.story import launch
from tests.support.browser import Page, missing_browser, shared_browser
from tests.support.daemon import PATIENCE, Daemon

_APP: Final = "tests.scenario.browser.rooms"

#: Where the pictures of the pages are left for whoever wants to look at them.
_SHOTS: Final = Path("screenshots")


@cache
def common_node() -> Daemon:
    """Return a Node in development mode, whose Rooms all tests share."""
    daemon = launch(_APP, "--dev")
    atexit.register(daemon.process.kill)
    return daemon


def create_room(node: Daemon, kind: str) -> str:
    """Open a Room without anybody in it; return its id."""
    url = f"{node.url()}/matchmake/create/{kind}"
    request = Request(url, b"{}", {"Content-Type": "application/json"})
    with urlopen(request, timeout=PATIENCE) as answer:
        return str(json.load(answer)["roomId"])


class PageCase(SynchronousTestCase):
    """A test that looks at pages."""

    skip = missing_browser()

    @property
    def node(self) -> Daemon:
        """The Node whose pages are looked at."""
        return common_node()

    def open(self, path: str = "/", **how: Any) -> Page:
        """Open a page, which closes with the test."""
        page = shared_browser().open(self.node.url() + path, **how)
        self.addCleanup(page.close)
        page.wait("document.querySelector('#link').dataset.link === 'live'")
        return page

    def walk(self, page: Page, selector: str, key: str = "Tab") -> None:
        """Press a key until what a selector finds has the focus."""
        self.assertTrue(page.walk(selector, key), f"no key leads to {selector}")

    def check(self, page: Page, name: str) -> None:
        """Check what holds for every page in every window, and take a picture."""
        _SHOTS.mkdir(exist_ok=True)
        page.shot(_SHOTS / f"{name}.png")
        wide = "document.documentElement.scrollWidth - innerWidth"
        self.assertLessEqual(page.evaluate(wide), 0, "it scrolls sideways")
        self.assertEqual(page.severe(), [])
        self.assertEqual(page.complaints(), [])

    def enter(self, page: Page) -> None:
        """Join a Room of the kind `talk` by the keyboard."""
        self.walk(page, "#join-kind")
        page.press("Home")
        kind = page.evaluate("document.querySelector('#join-kind').value")
        self.assertEqual(kind, "talk")
        self.walk(page, "#join-button")
        page.press("Enter")
        page.wait("document.querySelector('[data-client=\"1\"][data-status=joined]')")

    def say(self, page: Page, payload: str, client: int = 1) -> None:
        """Let a client send a Message of the type `say` by the keyboard."""
        self.walk(page, f"[data-client='{client}'] [data-field=type]")
        page.type("say")
        self.walk(page, f"[data-client='{client}'] [data-field=payload]")
        page.press("Control+A")
        page.type(payload)
        page.press("Control+Enter")

    def text(self, page: Page, selector: str) -> str:
        """Return the text of what a selector finds."""
        found = f"document.querySelector({json.dumps(selector)})?.innerText ?? ''"
        return str(page.evaluate(found))

    def wait_for(self, page: Page, selector: str, words: str) -> None:
        """Wait until words stand somewhere."""
        where = f"document.querySelector({json.dumps(selector)})?.innerText ?? ''"
        page.wait(f"({where}).includes({json.dumps(words)})")


class LookTests(PageCase):
    def test_overview(self) -> None:
        """The welcome page is sound in every window and in both colours."""
        create_room(self.node, "still")
        for width in (1280, 360):
            for dark in (False, True):
                page = self.open(width=width, dark=dark, still=True)
                page.wait("document.querySelector('#rooms tr')")
                self.check(page, f"overview-{width}-{'dark' if dark else 'light'}")

    def test_playground(self) -> None:
        """So is the playground, with somebody in a Room."""
        for width in (1280, 360):
            for dark in (False, True):
                page = self.open("/#/play", width=width, dark=dark, still=True)
                self.enter(page)
                self.check(page, f"playground-{width}-{'dark' if dark else 'light'}")


class KeyboardTests(PageCase):
    def test_whole_visit(self) -> None:
        """The keyboard alone joins, sends, asks, loses the connection, and leaves."""
        page = self.open()
        self.walk(page, "#nav-playground")
        page.press("Enter")
        self.enter(page)

        self.say(page, '"good morning"')
        self.wait_for(page, "[data-client='1'] [data-log=messages]", "heard")
        self.wait_for(page, "[data-client='1'] [data-log=steps]", "good morning")

        self.walk(page, "[data-client='1'] [data-field=how]", "Shift+Tab")
        page.press("ArrowDown")
        self.walk(page, "[data-client='1'] [data-field=type]", "Shift+Tab")
        page.press("Control+A")
        page.type("length")
        self.walk(page, "[data-client='1'] form.composer [type=submit]")
        page.press("Enter")
        self.wait_for(page, "[data-client='1'] [data-field=answer]", "12")

        self.walk(page, "[data-client='1'] [data-act=drop]", "Shift+Tab")
        page.press("Enter")
        self.wait_for(page, "[data-client='1'] [data-log=messages]", "back after 1")

        self.walk(page, "[data-client='1'] [data-act=leave]")
        page.press("Enter")
        page.wait("document.querySelector('[data-client=\"1\"][data-status=left]')")
        focus = "document.activeElement.dataset.act"
        self.assertEqual(page.evaluate(focus), "again", "the focus is lost")
        self.assertEqual(page.complaints(), [])

    def test_two_clients(self) -> None:
        """What one client does, another in the same Room sees."""
        page = self.open("/#/play")
        self.enter(page)
        room = self.text(page, "[data-client='1'] [data-fact=room]")
        self.walk(page, "#join-how", "Shift+Tab")
        page.press("End")
        self.walk(page, "#join-id")
        page.type(room)
        page.press("Enter")
        page.wait("document.querySelector('[data-client=\"2\"][data-status=joined]')")

        self.say(page, '"to both"', client=2)

        self.wait_for(page, "[data-client='1'] [data-log=steps]", "to both")
        self.check(page, "playground-two")

    def test_map_that_was_empty(self) -> None:
        """A map that held nothing at first opens by itself, and folds when told to."""
        page = self.open("/#/play")
        self.enter(page)
        tree = "[data-client='1'] .tree"
        self.wait_for(page, tree, "map of 0")

        self.say(page, '"first"')
        self.wait_for(page, tree, '"first"')

        page.click(f"{tree} [aria-level='2'] > .line")
        self.assertNotIn('"first"', self.text(page, tree))
        self.walk(page, "[data-client='1'] [data-field=payload]")
        page.press("Control+A")
        page.type('"second"')
        page.press("Control+Enter")
        self.wait_for(page, "[data-client='1'] [data-log=steps]", '"second"')
        self.assertNotIn('"second"', self.text(page, tree))

    def test_wrong_payload(self) -> None:
        """What cannot be sent is said in its place, and nothing is sent."""
        page = self.open("/#/play")
        self.enter(page)
        self.say(page, "{no json")

        page.wait("document.querySelector('[data-field=payload][aria-invalid=true]')")
        self.assertEqual(page.complaints(), [])


class CrowdTests(PageCase):
    @property
    @override
    def node(self) -> Daemon:
        """A Node whose Rooms can be counted."""
        return self._node

    @override
    def setUp(self) -> None:
        """Start a Node for this test alone."""
        self._node = launch(_APP, "--dev")
        self.addCleanup(self._node.process.wait, PATIENCE)
        self.addCleanup(self._node.process.kill)

    def test_none_and_many(self) -> None:
        """The page is right where there is no Room, and where there are 500."""
        page = self.open()
        self.assertEqual(self.text(page, "#stat-rooms"), "0")
        self.assertIn("No room runs now", self.text(page, "#rooms-empty"))
        self.check(page, "overview-none")

        ids = {create_room(self.node, "still") for _ in range(500)}

        page.wait("document.querySelector('#stat-rooms').innerText === '500'")
        self.assertIn("of 500 rooms", self.text(page, "#rooms-range"))
        self.check(page, "overview-many")
        self.assertEqual(self.pages(page), ids)

    def pages(self, page: Page) -> set[str]:
        """Turn all pages of Rooms, and return whom they show; nobody twice."""
        shown: list[str] = []
        rows = (
            "[...document.querySelectorAll('#rooms tr')].map((row) => row.dataset.room)"
        )
        while True:
            shown += page.evaluate(rows)
            if page.evaluate("document.querySelector('#rooms-after').disabled"):
                break
            first = json.dumps(shown[-1])
            page.click("#rooms-after")
            page.wait(f"!({rows}).includes({first})")
        self.assertEqual(len(shown), len(set(shown)))
        return set(shown)

    def test_node_that_goes(self) -> None:
        """A page whose Node is gone says so."""
        page = self.open()
        page.complaints()
        self._node.process.kill()

        page.wait("document.querySelector('#link').dataset.link === 'away'")

        self.assertIn("away", self.text(page, "#link-text"))
