"""Folders that an app serves, and those who look for what is not to be seen."""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from tests.scenario.hostile.siege import NARROW, besieged, failures, settle
from tests.support.attack import Address, blow, counts, request


class FileTests(SynchronousTestCase):
    """Folders that an app serves."""

    @override
    def setUp(self) -> None:
        """Make a folder with something to see, and something that is not to be."""
        self.folder = Path(self.mktemp()).resolve()
        public = self.folder / "public"
        (public / "below").mkdir(parents=True)
        (public / ".git").mkdir()
        (public / ".well-known").mkdir()
        (public / "page.html").write_text("a page")
        (public / "below" / "deep.txt").write_text("deep")
        (public / "large.bin").write_bytes(bytes(20_000_000))
        (public / ".well-known" / "known").write_text("known")
        for secret in (".env", ".git/config"):
            (public / secret).write_text("secret")
        (self.folder / "secret").write_text("secret")
        (public / "link").symlink_to(self.folder / "secret")
        (public / "out").symlink_to(self.folder)
        (public / "inner").symlink_to(public / "below" / "deep.txt")

    def get(self, address: Address, path: str, **headers: str) -> bytes:
        """Ask for a path as it stands there, and return all of the answer."""
        with blow(address) as one:
            one.send(request("GET", path, {"Connection": "close", **headers}))
            return one.drain()

    def test_only_what_is_in_the_folder_is_served(self) -> None:
        """No path leads out of a folder, to hidden files, or to a failure."""
        with besieged(self.folder, NARROW) as (daemon, address):
            for path, content in (
                ("page.html", b"a page"),
                ("below/deep.txt", b"deep"),
                ("inner", b"deep"),
                (".well-known/known", b"known"),
            ):
                got = self.get(address, f"/files/{path}")
                self.assertTrue(got.endswith(content), (path, got))
            for path in (
                "../secret",
                "..%2fsecret",
                "%2e%2e/secret",
                "below/../../secret",
                "below%2f..%2f..%2fsecret",
                "..%5csecret",
                "//etc/passwd",
                "%2fetc%2fpasswd",
                ".env",
                "%2eenv",
                ".git/config",
                "link",
                "out/secret",
                "a%00b",
                "%ff",
                "a" * 3_000,
                "",
                "below/",
                "page.html/x",
            ):
                got = self.get(address, f"/files/{path}")
                self.assertTrue(got.startswith(b"HTTP/1.1 404 "), (path, got[:300]))
                self.assertNotIn(b"root:", got)
                self.assertNotIn(b"<", got, path)

            self.assertEqual(failures(daemon), [])

    def test_many_parts_are_not_served(self) -> None:
        """Who asks for a file in hundreds of parts gets it once."""
        with besieged(self.folder, NARROW) as (_, address):
            ranges = "bytes=" + ",".join(["0-"] * 500)
            got = self.get(address, "/files/page.html", Range=ranges)

            self.assertTrue(got.startswith(b"HTTP/1.1 200 "), got[:100])
            some = self.get(address, "/files/page.html", Range="bytes=2-3")
            self.assertTrue(some.endswith(b"pa"))

    def test_answer_that_nobody_reads_is_cut_off(self) -> None:
        """Who asks for much and does not read it loses the connection before long."""
        with besieged(self.folder, NARROW) as (_, address):
            before = counts(address)
            with blow(address, buffer=4_096) as one:
                one.send(request("GET", "/files/large.bin"))

                self.assertEqual(settle(address, before), {})
            self.assertEqual(counts(address)["nexus_http_slow_total"], 1)
