"""Tests of the golden vectors, and of a Replica by them."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.wire.native import Replica, plain
from tests import ROOT
from tests.model import canonical_dump
from tests.support.node import Replicas, ReplicaVerb, missing
from tests.wire.native.story import dump
from tests.wire.native.vectors import FOLDER, main, make, read


class VectorTests(SynchronousTestCase):
    def test_files_are_what_is_made(self) -> None:
        """The files say what the encoder writes today, and there are no others."""
        have = {path.name: path.read_text("utf-8") for path in FOLDER.iterdir()}

        self.assertEqual(have, make())

    def test_files_can_be_written_anew(self) -> None:
        """The command writes every file."""
        folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, folder)

        main(folder)

        self.assertEqual({path.name for path in folder.iterdir()}, set(make()))

    def test_replica_follows(self) -> None:
        """A Replica that takes the steps of a file holds what the file says."""
        for name, story in read().items():
            replica = Replica(bytes.fromhex(story["outline"]))
            for step in story["steps"]:
                if "snapshot" in step:
                    replica.apply_snapshot(bytes.fromhex(step["snapshot"]))
                else:
                    replica.apply_patch(bytes.fromhex(step["patch"]))
                note = f"{name}: {step['note']}"
                self.assertEqual(dump(replica.state), step["state"], note)

    def test_merged_patches_lead_to_the_end(self) -> None:
        """The one patch of a file leads from its first step to its last."""
        stories = [story for story in read().values() if "merged" in story]
        self.assertGreater(len(stories), 8)
        for story in stories:
            steps = story["steps"]
            replica = Replica(bytes.fromhex(story["outline"]))
            replica.apply_snapshot(bytes.fromhex(steps[0]["snapshot"]))

            replica.apply_patch(bytes.fromhex(story["merged"]))

            self.assertEqual(dump(replica.state), steps[-1]["state"])

    def test_javascript_follows(self) -> None:
        """The JavaScript replica holds what the files say, merged patches included."""
        if (reason := missing()) is not None:
            self.skipTest(reason)
        with Replicas() as process:
            for session, (name, story) in enumerate(read().items()):
                steps = story["steps"]
                outline = bytes.fromhex(story["outline"])
                process.ask_one(ReplicaVerb.OUTLINE, session, outline)
                for step in steps:
                    verb = "snapshot" if "snapshot" in step else "patch"
                    data = bytes.fromhex(step[verb])
                    process.ask_one(ReplicaVerb[verb.upper()], session, data)
                    have = process.ask_one(ReplicaVerb.DUMP, session)
                    want = canonical_dump(step["state"])
                    self.assertEqual(canonical_dump(have), want, name)
                if "merged" in story:
                    first = bytes.fromhex(steps[0]["snapshot"])
                    process.ask_one(ReplicaVerb.SNAPSHOT, session, first)
                    merged = bytes.fromhex(story["merged"])
                    process.ask_one(ReplicaVerb.PATCH, session, merged)
                    have = process.ask_one(ReplicaVerb.DUMP, session)
                    want = canonical_dump(steps[-1]["state"])
                    self.assertEqual(canonical_dump(have), want, name)


class ExampleTests(SynchronousTestCase):
    """The worked example of docs/protocol.md, a vector that people read."""

    def setUp(self) -> None:
        """Run the example, and read the bytes that are written out below it."""
        text = (ROOT / "docs" / "protocol.md").read_text("utf-8")
        example = text[text.index("## 8. An example") : text.index("## 9. ")]
        fences = re.findall(r"^```(\w+)\n(.*?)^```", example, re.M | re.S)
        self.made: dict[str, Any] = {}
        program = next(code for language, code in fences if language == "python")
        exec(compile(program, "docs/protocol.md", "exec", dont_inherit=True), self.made)
        self.written = [
            bytes.fromhex("".join(_hex(line) for line in code.splitlines()))
            for language, code in fences
            if language == "text"
        ]

    def test_bytes_are_what_is_written(self) -> None:
        """Outline, snapshot and patch are the bytes of the page."""
        names = ("outline", "snapshot", "patch")

        self.assertEqual(self.written, [self.made[name] for name in names])

    def test_a_reader_follows(self) -> None:
        """Who reads these bytes holds what the example wrote."""
        outline, snapshot, patch = self.written
        replica = Replica(outline)
        replica.apply_snapshot(snapshot)
        replica.apply_patch(patch)

        ann, bob = {"name": "Ann", "hp": 80}, {"name": "Bob", "hp": 90}
        self.assertEqual(
            plain(replica.state), {"round": 1, "players": {"ann": ann, "bob": bob}}
        )


def _hex(line: str) -> str:
    """Return the bytes of a line: what stands before two spaces and a comment."""
    return line.strip().partition("  ")[0].replace(" ", "")
