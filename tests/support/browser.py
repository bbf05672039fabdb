"""A headless Chromium, driven from tests: one process, as many pages as a test wants.

All is blocking and ends in time.
"""

from __future__ import annotations

import atexit
import json
import shutil
from enum import IntEnum, unique
from functools import cache
from pathlib import Path
from typing import Any, Final

from attrs import define, field
from typing_extensions import override

from tests.support.node import NodeProcess
from tests.support.part import find_missing, insist

__all__ = [
    "Browser",
    "Page",
    "PageVerb",
    "chromium",
    "missing_browser",
    "shared_browser",
]

#: The commands that a Chromium may go by.
_NAMES: Final = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)

#: What no page may have, in the words of axe-core.
_SEVERE: Final = ("serious", "critical")

_SCRIPT: Final = Path(__file__).with_name("browser_page.mjs")

#: How long a page may need for one thing, in seconds.
_PATIENCE: Final = 8.0

#: How many presses of a key lead everywhere on a page.
_FAR: Final = 80


def chromium() -> str | None:
    """Return the path of a Chromium, None if there is none."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


def missing_browser() -> str | None:
    """Tell what keeps a browser from running here, None if nothing does.

    Raises:
        RuntimeError: Something is missing although this is a CI run, which must not
            pass for having skipped its tests.
    """
    reason = find_missing("playwright-core", "axe-core")
    return insist(reason or (None if chromium() else "no Chromium is installed"))


@unique
class PageVerb(IntEnum):
    """What is asked of a page; `browser_page.mjs` says what each takes and answers."""

    OPEN = 0
    EVALUATE = 1
    WAIT = 2
    PRESS = 3
    TYPE = 4
    CLICK = 5
    AXE = 6
    SHOT = 7
    COMPLAINTS = 8
    CLOSE = 9
    RESIZE = 10


@define(eq=False)
class Browser(NodeProcess):
    """The process of a browser."""

    timeout: float = field(default=60.0, kw_only=True)
    farewell: float = field(default=5.0, kw_only=True)
    _made: int = field(default=0, init=False)

    @override
    def command(self) -> list[str]:
        """Return what is to be run."""
        return ["node", str(_SCRIPT), chromium() or ""]

    def open(
        self,
        url: str,
        *,
        width: int = 1280,
        height: int = 800,
        dark: bool = False,
        still: bool = False,
    ) -> Page:
        """Open a page that remembers nothing of others.

        Args:
            url: What is shown.
            width: How wide the window is, in pixels.
            height: How high it is.
            dark: Whether its owner likes it dark.
            still: Whether its owner wants no motion.
        """
        self._made += 1
        page = Page(self, self._made)
        page.ask(
            PageVerb.OPEN, url=url, width=width, height=height, dark=dark, still=still
        )
        return page


@define(eq=False)
class Page:
    """One page, in a window of its own.

    What its code does wrong raises `DecodeError` here, as does what takes too long.
    """

    _browser: Browser
    _number: int

    def ask(self, verb: PageVerb, **arguments: Any) -> Any:
        """Ask one thing."""
        payload = json.dumps(arguments).encode()
        return self._browser.ask_one(verb, self._number, payload)

    def evaluate(self, code: str) -> Any:
        """Return the value of an expression of JavaScript, or what it promises."""
        return self.ask(PageVerb.EVALUATE, code=code)

    def wait(self, code: str, timeout: float = _PATIENCE) -> Any:
        """Wait until an expression is true, and return its value."""
        return self.ask(PageVerb.WAIT, code=code, timeout=timeout)

    def press(self, key: str) -> None:
        """Press a key, such as `Tab` or `Control+Enter`."""
        self.ask(PageVerb.PRESS, key=key, times=1)

    def walk(self, selector: str, key: str = "Tab") -> bool:
        """Press a key until what a selector finds has the focus.

        Returns:
            Whether that was reached before a user would have given up.
        """
        found = self.ask(PageVerb.PRESS, key=key, times=_FAR, until=selector)
        return bool(found)

    def type(self, text: str) -> None:
        """Type into what has the focus."""
        self.ask(PageVerb.TYPE, text=text)

    def click(self, selector: str) -> None:
        """Click on what a selector finds."""
        self.ask(PageVerb.CLICK, selector=selector)

    def axe(self) -> list[dict[str, Any]]:
        """Return what axe-core finds wrong: `id`, `impact`, `help`, `nodes`."""
        found: list[dict[str, Any]] = self.ask(PageVerb.AXE)
        return found

    def severe(self) -> list[dict[str, Any]]:
        """Return what of that keeps some people from using the page."""
        return [each for each in self.axe() if each["impact"] in _SEVERE]

    def shot(self, path: Path) -> None:
        """Store a picture of all of it."""
        self.ask(PageVerb.SHOT, path=str(path.resolve()))

    def resize(self, width: int, height: int = 800) -> None:
        """Make the window another size."""
        self.ask(PageVerb.RESIZE, width=width, height=height)

    def complaints(self) -> list[str]:
        """Take what went wrong.

        Returns:
            Errors and warnings on the console, errors that nobody caught, requests that
            failed, and requests to other hosts than the page's own.
        """
        said: list[str] = self.ask(PageVerb.COMPLAINTS)
        return said

    def close(self) -> None:
        """Close it."""
        self.ask(PageVerb.CLOSE)


@cache
def shared_browser() -> Browser:
    """Return the one browser that ends with this run."""
    browser = Browser()
    browser.start()
    atexit.register(browser.close)
    return browser
