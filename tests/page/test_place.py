"""Tests of `nexus.page.place`, through the Node that puts the pages there."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase

from nexus.api import Root
from nexus.app import App
from nexus.config import Config
from nexus.page.dev import DevMode
from nexus.page.place import put_client
from nexus.service import make_node
from tests import ROOT
from tests.support.http import Answer, ask

_STATIC: Final = ROOT / "nexus" / "page" / "static"

#: All that is there in development mode only.
_PATHS: Final = (
    b"/",
    b"/nexus/dev",
    b"/nexus/dev/",
    b"/nexus/dev/node",
    b"/nexus/dev/rooms",
    b"/nexus/dev/static/",
    *(b"/nexus/dev/static/" + each.name.encode() for each in _STATIC.iterdir()),
)


class PlaceTests(SynchronousTestCase):
    def serve(self, **said: Any) -> MemoryReactorClock:
        """Start a Node."""
        reactor = MemoryReactorClock()
        config = Config(
            **({"host": "127.0.0.1", "port": 1, "log_level": "info"} | said)
        )
        self.node = make_node(config, App(), reactor=reactor, clock=reactor)
        self.node.privilegedStartService()
        return reactor

    def get(
        self,
        reactor: MemoryReactorClock,
        path: bytes,
        method: bytes = b"GET",
        host: bytes = b"localhost",
    ) -> Answer:
        """Ask a Node over a socket that is none."""
        site = reactor.tcpServers[0][1]
        return ask(site.resource, method, path, headers=(b"Host: " + host,))

    def test_nothing_is_there_outside_of_development_mode(self) -> None:
        """The page, what it loads and what it asks for answer 404 like any path."""
        for said in ({}, {"dev": False}, {"host": "0.0.0.0"}):
            reactor = self.serve(**said)
            nothing = self.get(reactor, b"/no-such-path")
            for path in _PATHS:
                for method in (b"GET", b"HEAD", b"POST"):
                    answer = self.get(reactor, path, method)
                    self.assertEqual(answer.status, 404, (path, method))
                answer = self.get(reactor, path)
                self.assertEqual(answer.body, nothing.body, path)
                self.assertEqual(answer.headers.keys(), nothing.headers.keys(), path)

    def test_all_is_there_in_development_mode(self) -> None:
        """The page is at `/`, and finds below `/nexus/dev` what it needs."""
        reactor = self.serve(dev=True)

        self.assertIn(b"<!doctype html>", self.get(reactor, b"/").body)
        for path in _PATHS:
            if not path.endswith((b"dev", b"/")):
                self.assertEqual(self.get(reactor, path).status, 200, path)
        node = json.loads(self.get(reactor, b"/nexus/dev/node").body)
        self.assertEqual((node["name"], node["kinds"]), ("nexus", []))
        self.assertEqual(self.get(reactor, b"/nexus/dev/static/").status, 404)
        self.assertEqual(self.get(reactor, b"/", b"POST").status, 405)

    def test_all_of_it_is_guarded(self) -> None:
        """No part of it answers under a name that is not ours, nor to other origins."""
        reactor = self.serve(dev=True)

        for path in _PATHS:
            answer = self.get(reactor, path, host=b"evil.example")
            self.assertEqual(answer.status, 403, path)
            for name in self.get(reactor, path).headers:
                self.assertFalse(name.startswith(b"access-control-"), (path, name))

    def test_public_address_is_warned_of(self) -> None:
        """Only loopback passes for an address where nobody else can come."""
        for said, ours in (
            ({}, True),
            ({"host": "::1"}, True),
            ({"host": "0.0.0.0"}, False),
            ({"listen": "tcp:1"}, False),
        ):
            self.serve(dev=True, **said)
            [mode] = [each for each in self.node if isinstance(each, DevMode)]
            self.assertIs(mode._is_ours, ours, said)

    def test_client_is_always_served(self) -> None:
        """The JavaScript client is there in any mode, for pages of any origin."""
        folder = Path(self.mktemp())
        folder.mkdir()
        (folder / "nexus.mjs").write_text("export {}")
        root = Root()
        put_client(root, folder)

        self.assertEqual(ask(root, b"GET", b"/nexus/client/nexus.mjs").status, 200)
        self.assertEqual(ask(root, b"GET", b"/nexus").status, 404)
        for dev in (True, False):
            answer = self.get(
                self.serve(dev=dev), b"/nexus/client/no.mjs", host=b"game.example"
            )
            self.assertEqual(answer.status, 404)
            self.assertEqual(answer.headers[b"access-control-allow-origin"], b"*")


class StaticTests(SynchronousTestCase):
    def texts(self) -> dict[str, str]:
        """Read the files of the page."""
        return {each.name: each.read_text("utf-8") for each in _STATIC.iterdir()}

    def test_page_loads_nothing_from_elsewhere(self) -> None:
        """No file names another host, and none is loaded that is not there."""
        texts = self.texts()
        for name, text in texts.items():
            # The name of a language, which nobody loads.
            text = text.replace("http://www.w3.org/2000/svg", "")
            self.assertNotRegex(text, r"https?://[a-z]", name)
            self.assertNotRegex(text, r"@import|url\(", name)
        for link in re.findall(r'(?:href|src)="(/[^"]+)"', texts["index.html"]):
            self.assertTrue((_STATIC / Path(link).name).is_file(), link)
        for name, text in texts.items():
            for link in re.findall(r'from "\./([^"]+)"', text):
                self.assertIn(link, texts, name)

    def test_page_needs_nothing_that_its_policy_forbids(self) -> None:
        """There is no script, style or listener in the page itself."""
        page = self.texts()["index.html"]

        self.assertNotRegex(page, r"<style|style=|\son[a-z]+=|javascript:")
        self.assertEqual(
            page.count("<script"), page.count('<script type="module" src=')
        )
        for name, text in self.texts().items():
            self.assertNotRegex(text, r"innerHTML|insertAdjacentHTML|\beval\(", name)
            self.assertNotRegex(text, r"\b(alert|confirm|prompt)\(", name)
