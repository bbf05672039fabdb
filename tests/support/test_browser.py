"""The browser shows pages, works them, and tells what is wrong with them."""

from __future__ import annotations

import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from unittest.mock import patch

from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from tests.support.browser import Page, missing_browser, shared_browser
from tests.support.node import DecodeError

_GOOD = """<!doctype html><html lang="en"><title>Good</title>
<link rel="icon" href="data:,"><main><h1>Good</h1>
<label>Name <input id="name"></label><button id="go">Go</button></main>
<script>go.onclick = () => setTimeout(() => document.title = name.value, 50);
const name = document.getElementById("name");</script></html>"""

_BAD = """<!doctype html><html><title>Bad</title><link rel="icon" href="data:,">
<img src="http://127.0.0.1:1/x.png"><input>
<script>console.error("oh dear"); throw new Error("never caught")</script></html>"""


class _Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Serve one of two pages."""
        body = (_BAD if self.path == "/bad" else _GOOD).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    @override
    def log_message(self, *said: Any) -> None:
        """Say nothing."""


class MissingTests(SynchronousTestCase):
    def test_missing(self) -> None:
        """What is not installed is named, and in a CI run may not be skipped."""
        with patch.dict(os.environ, {"NEXUS_NODE_MODULES": self.mktemp(), "CI": ""}):
            self.assertIn("npm ci", missing_browser() or "")
            os.environ["CI"] = "1"
            self.assertRaises(RuntimeError, missing_browser)

    def test_no_chromium(self) -> None:
        """Without a Chromium there is no browser."""
        with (
            patch("tests.support.browser.chromium", return_value=None),
            patch.dict(os.environ, {"CI": ""}),
        ):
            self.assertTrue(missing_browser())
            os.environ["CI"] = "1"
            self.assertRaises(RuntimeError, missing_browser)


class PageTests(SynchronousTestCase):
    skip = missing_browser()

    @override
    def setUp(self) -> None:
        """Serve pages."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _Pages)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.url = f"http://127.0.0.1:{server.server_port}"

    def open(self, path: str = "/", **how: Any) -> Page:
        """Open a page, which closes with the test."""
        page = shared_browser().open(self.url + path, **how)
        self.addCleanup(page.close)
        return page

    def test_keyboard(self) -> None:
        """Keys and text go where they would go for a user."""
        page = self.open()
        self.assertFalse(page.walk("#nothing"))
        self.assertTrue(page.walk("#name"))
        page.type("Ann")
        page.press("Tab")
        page.press("Enter")

        self.assertTrue(page.wait("document.title === 'Ann'"))
        self.assertEqual(page.complaints(), [])

    def test_complaints(self) -> None:
        """All that goes wrong in a page is told."""
        page = self.open("/bad")

        said = "\n".join(page.complaints())

        for part in ("oh dear", "never caught", "elsewhere:", "failed:"):
            self.assertIn(part, said)

    def test_axe(self) -> None:
        """A page without fault passes; a field without a name does not."""
        self.assertEqual(self.open().axe(), [])
        page = self.open("/bad")
        found = {each["id"]: each["impact"] for each in page.axe()}

        self.assertEqual(found["label"], "critical")
        severe = {each["id"]: each["impact"] for each in page.severe()}
        self.assertLess(severe.items(), found.items())
        self.assertEqual(set(severe.values()), {"serious", "critical"})

    def test_window(self) -> None:
        """Size and taste are what they were asked to be."""
        page = self.open(width=360, height=640, dark=True, still=True)
        size = "[innerWidth, innerHeight]"
        likes = "(query) => matchMedia(query).matches"

        self.assertEqual(page.evaluate(size), [360, 640])
        self.assertTrue(page.evaluate(f"({likes})('(prefers-color-scheme: dark)')"))
        self.assertTrue(page.evaluate(f"({likes})('(prefers-reduced-motion)')"))
        page.resize(500, 500)
        self.assertEqual(page.evaluate(size), [500, 500])

    def test_shot(self) -> None:
        """A picture of a page is a file."""
        path = Path(self.mktemp() + ".png")
        self.open().shot(path)

        self.assertEqual(path.read_bytes()[1:4], b"PNG")

    def test_errors(self) -> None:
        """What cannot be, or takes too long, is an error, and the page goes on."""
        page = self.open()
        self.assertRaises(DecodeError, page.evaluate, "nothing.at.all")
        self.assertRaises(DecodeError, page.wait, "false", 0.05)
        self.assertRaises(DecodeError, shared_browser().open, "http://127.0.0.1:1/")

        page.click("#go")
        self.assertEqual(page.evaluate("1 + 1"), 2)
