"""Tests of `nexus.page.file`."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from nexus.api import Crossing, Root
from nexus.page.file import Files
from tests.support.http import Answer, ask

HOST = b"Host: test"


class FilesTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Lay out a folder, and serve it."""
        self.folder = Path(self.mktemp())
        (self.folder / "inner").mkdir(parents=True)
        self.long = b"export const a = 1;\n" * 200
        (self.folder / "long.mjs").write_bytes(self.long)
        (self.folder / "short.css").write_text("a {}")
        (self.folder / "inner" / "deep.js").write_text("1")
        (self.folder / ".hidden.js").write_text("1")
        (self.folder / "secret.key").write_text("1")
        (self.folder.parent / "outside.js").write_text("1")
        self.files = Files(self.folder, absent="build it")
        root = Root()
        root.putChild(b"files", self.files)
        self.root = Crossing(root, ("*",))

    def get(self, name: bytes, *headers: bytes, method: bytes = b"GET") -> Answer:
        """Ask for a file."""
        return ask(self.root, method, b"/files/" + name, headers=(HOST, *headers))

    def test_files_have_their_types(self) -> None:
        """What browsers need to know of a file is said."""
        for name, kind in (
            (b"long.mjs", b"text/javascript; charset=utf-8"),
            (b"short.css", b"text/css; charset=utf-8"),
        ):
            answer = self.get(name)
            self.assertEqual(answer.status, 200)
            self.assertEqual(answer.headers[b"content-type"], kind)
            self.assertEqual(answer.headers[b"cache-control"], b"no-cache")
            self.assertEqual(answer.headers[b"x-content-type-options"], b"nosniff")
            self.assertEqual(answer.headers[b"access-control-allow-origin"], b"*")

    def test_head_says_the_same_without_the_body(self) -> None:
        """HEAD has the headers of GET."""
        whole, head = self.get(b"long.mjs"), self.get(b"long.mjs", method=b"HEAD")

        self.assertEqual(head.body, b"")
        self.assertEqual(len(whole.body), len(self.long))
        for name in (b"content-length", b"etag", b"content-type"):
            self.assertEqual(head.headers[name], whole.headers[name])

    def test_other_methods_are_refused(self) -> None:
        """Nobody can put or delete anything."""
        for method in (b"POST", b"PUT", b"DELETE"):
            self.assertEqual(self.get(b"long.mjs", method=method).status, 405)

    def test_long_files_are_compressed_for_those_who_can_read_it(self) -> None:
        """Who takes gzip gets it, where it is shorter; others get the file."""
        for said in (b"gzip", b"br, GZIP;q=0.5", b"*"):
            answer = self.get(b"long.mjs", b"Accept-Encoding: " + said)
            self.assertEqual(answer.headers[b"content-encoding"], b"gzip")
            self.assertEqual(answer.headers[b"vary"], b"accept-encoding")
            self.assertEqual(gzip.decompress(answer.body), self.long)
        for said in (b"identity", b"gzip;q=0", b"gzip; q=0.000", b"br", b""):
            answer = self.get(b"long.mjs", b"Accept-Encoding: " + said)
            self.assertEqual(answer.body, self.long, said)
        short = self.get(b"short.css", b"Accept-Encoding: gzip")
        self.assertNotIn(b"content-encoding", short.headers)

    def test_what_a_browser_has_is_not_sent_again(self) -> None:
        """A tag that still fits is answered with 304, one that does not with it all."""
        tag = self.get(b"long.mjs").headers[b"etag"]
        packed = self.get(b"long.mjs", b"Accept-Encoding: gzip").headers[b"etag"]

        self.assertNotEqual(tag, packed)
        for said in (tag, b"W/" + tag, b'"x", ' + tag, b"*"):
            answer = self.get(b"long.mjs", b"If-None-Match: " + said)
            self.assertEqual((answer.status, answer.body), (304, b""), said)
            self.assertEqual(answer.headers[b"etag"], tag)
        for said in (packed, b'"x"', b"", tag.strip(b'"')):
            answer = self.get(b"long.mjs", b"If-None-Match: " + said)
            self.assertEqual(answer.status, 200, said)

    def test_file_that_changed_is_read_again(self) -> None:
        """Another build is served at once, under another tag."""
        before = self.get(b"short.css")
        (self.folder / "short.css").write_text("b { color: red }")

        after = self.get(b"short.css", b"If-None-Match: " + before.headers[b"etag"])

        self.assertEqual((after.status, after.body), (200, b"b { color: red }"))
        (self.folder / "short.css").unlink()
        self.assertEqual(self.get(b"short.css").status, 404)

    def test_nobody_climbs_out(self) -> None:
        """No name leads out of the folder, into one below, or to what is hidden."""
        for name in (
            b"../outside.js",
            b"%2e%2e/outside.js",
            b"..%2foutside.js",
            b"%2e%2e%2foutside.js",
            b"inner/deep.js",
            b"inner%2fdeep.js",
            b"inner",
            b"inner/",
            b".hidden.js",
            b"secret.key",
            b"",
            b"long.mjs/",
            b"long.mjs/more",
            b"long.mjs%00.js",
            b"%ff.js",
            b"%C3%A9.js",
            b"a" * 5000 + b".js",
            b"nothing.js",
        ):
            self.assertEqual(self.get(name).status, 404, name)

    def test_folder_is_no_file(self) -> None:
        """What only has the name of a file is not served."""
        (self.folder / "folder.js").mkdir()

        self.assertEqual(self.get(b"folder.js").status, 404)

    def test_pipe_does_not_stop_the_node(self) -> None:
        """A pipe is not waited for."""
        os.mkfifo(self.folder / "pipe.js")

        self.assertEqual(self.get(b"pipe.js").status, 404)

    def test_missing_files_say_what_to_do(self) -> None:
        """In an empty folder, or none, the error says how to fill it."""
        for folder in (Path(self.mktemp()), Path(self.mktemp())):
            root = Root()
            root.putChild(b"files", Files(folder, absent="build it"))
            answer = ask(root, b"GET", b"/files/nexus.mjs")
            self.assertEqual(answer.status, 404)
            self.assertEqual(
                json.loads(answer.body), {"code": 404, "error": "build it"}
            )
            folder.mkdir()
        filled = self.get(b"nothing.mjs")
        self.assertEqual(json.loads(filled.body)["error"], "not found")
