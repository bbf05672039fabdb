"""Tests of `nexus.api.content`."""

from __future__ import annotations

from pathlib import Path

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from nexus.api import Health, Root
from nexus.api.content import put_content
from nexus.app import App
from tests.support.http import ask
from tests.support.table import Table


class ContentTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Lay out a folder, and an app that serves it."""
        folder = Path(self.mktemp())
        (folder / "inner").mkdir(parents=True)
        (folder / "page.html").write_text("hello")
        (folder / "inner" / "deep.txt").write_text("deep")
        (folder.parent / "secret.txt").write_text("secret")
        self.app = App()
        self.app.static("/game/files", str(folder))
        self.app.route("/game/about", Health("1.0", clock=Clock()))
        self.root = Root()
        put_content(self.root, self.app, Table().matchmaker)

    def size(self, path: bytes) -> tuple[int, bytes | None]:
        """Return the status of what stands at a path, and how long it is."""
        answer = ask(self.root, b"HEAD", path)
        return answer.status, answer.headers.get(b"content-length")

    def test_files_and_resources_stand_where_they_were_put(self) -> None:
        """An app's files and resources are found below its paths."""
        self.assertEqual(self.size(b"/game/files/page.html"), (200, b"5"))
        self.assertEqual(self.size(b"/game/files/inner/deep.txt"), (200, b"4"))
        self.assertEqual(self.size(b"/game/about")[0], 200)

    def test_folders_are_not_listed(self) -> None:
        """What is in a folder is not shown, nor the folders above."""
        for path in (b"/game/files/", b"/game/files/inner/", b"/game", b"/game/"):
            self.assertEqual(ask(self.root, b"GET", path).status, 404, path)

    def test_nobody_climbs_out(self) -> None:
        """No path leads out of the folder."""
        for path in (
            b"/game/files/../secret.txt",
            b"/game/files/%2e%2e/secret.txt",
            b"/game/files/..%2fsecret.txt",
            b"/game/files/inner/../../secret.txt",
            b"/game/files/nothing.html",
        ):
            answer = ask(self.root, b"GET", path)
            self.assertEqual(answer.status, 404, path)
            self.assertNotIn(b"secret", answer.body)

    def test_route_over_a_folder_stands(self) -> None:
        """A resource may stand below a path of files."""
        self.app.route("/game/files/special", Health("1.0", clock=Clock()))
        root = self.root = Root()
        put_content(root, self.app, Table().matchmaker)

        self.assertEqual(self.size(b"/game/files/special")[0], 200)
        self.assertEqual(self.size(b"/game/files/page.html"), (200, b"5"))
