"""The recorded sessions of Colyseus, played against Nexus: what differs is listed.

`tests/vectors/differences.json` has, by difference: an id; the files, and by place in
each what we do there; in words what differs and why; and what asked for it, a weak spot
of the original or one of our own requirements.
"""

from __future__ import annotations

import atexit
import json
import re
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from twisted.trial.unittest import SynchronousTestCase

from tests import ROOT
from tests.scenario.replay.replay import Replay
from tests.scenario.replay.story import (
    NOT_REPLAYED,
    RECORDINGS,
    STORIES,
    Story,
    frames_of,
)
from tests.support.daemon import Daemon, clean_environment, start
from tests.support.node import Decoder, missing

_LIST: Final = ROOT / "tests" / "vectors" / "differences.json"

#: How many differences there may be in all.
_MOST: Final = 15

_SOURCE: Final = re.compile(r"room-api 22: .{10,}|[AMNTV]\d+")

#: Seconds between two pings, where the recording is about them.
_BEAT: Final = "0.2"


def serve(app: str, *, beat: str = "0") -> Daemon:
    """Start a Node with the rooms of one module, until this run ends."""
    folder = Path(tempfile.mkdtemp(prefix="replay-", dir="."))
    # The recorded server compresses nothing, and when it pings is a matter of chance.
    environment = clean_environment(
        PYTHONPATH=str(ROOT), COMPRESS_FROM="0", HEARTBEAT=beat
    )
    arguments = (f"--app=tests.scenario.replay.{app}", "--port=0")
    daemon = start(folder, arguments, environment=environment)
    atexit.register(daemon.process.kill)
    return daemon


@cache
def shared(app: str) -> Daemon:
    """Return the Node for all stories that leave nothing behind."""
    return serve(app)


@cache
def decoder(major: int) -> Decoder:
    """Return the real decoder of one major."""
    found = Decoder(major)
    found.start()
    atexit.register(found.close)
    return found


def differences() -> list[dict[str, Any]]:
    """Return what is listed."""
    listed: list[dict[str, Any]] = json.loads(_LIST.read_text("utf-8"))
    return listed


def listed_of(file: str) -> dict[str, str]:
    """Return what we are to do otherwise in one recording, by place."""
    found: dict[str, str] = {}
    for each in differences():
        found |= each["files"].get(file, {})
    return found


class ReplayCase(SynchronousTestCase):
    """Plays stories."""

    skip = missing()

    def play(
        self,
        story: Story,
        *,
        read: Callable[[str], list[dict[str, Any]]] = frames_of,
    ) -> dict[str, dict[str, str]]:
        """Play a story, and return what we did otherwise, by file and place."""
        daemon = self._node(story)
        url = urlsplit(daemon.url())
        assert url.hostname is not None
        assert url.port is not None
        replay = Replay(
            story,
            (url.hostname, url.port),
            decoder(story.dialect.major),
            daemon.process.terminate,
            read,
        )
        replay.play()
        return replay.judge.found

    def _node(self, story: Story) -> Daemon:
        if not story.alone:
            return shared(story.app)
        daemon = serve(story.app, beat=_BEAT if story.beats else "0")
        self.addCleanup(daemon.process.wait)
        self.addCleanup(daemon.process.kill)
        return daemon


class ReplayTests(ReplayCase):
    """One test a story; they are made below."""

    def check(self, story: Story) -> None:
        """Play a story, and compare what differs with what is listed."""
        for file, found in self.play(story).items():
            self.assertEqual(found, listed_of(file), file)


def _add(story: Story) -> None:
    def test(self: ReplayTests) -> None:
        self.check(story)

    test.__doc__ = f"We do as recorded, but for what is listed: {story.files[0]}."
    name = re.sub(r"\W", "_", story.files[0].removesuffix(".json"))
    setattr(ReplayTests, f"test_{name}", test)


for _story in STORIES:
    _add(_story)


class JudgeTests(ReplayCase):
    def doctored(self, old: str, new: str) -> dict[str, str]:
        """Play a join that was recorded otherwise, and return what was found."""

        def read(file: str) -> list[dict[str, Any]]:
            frames: list[dict[str, Any]] = json.loads(
                json.dumps(frames_of(file)).replace(old, new)
            )
            return frames

        story = Story(("join-or-create.json",), patience=0.3)
        return self.play(story, read=read)["join-or-create.json"]

    def test_state(self) -> None:
        """A State that is not as recorded is found."""
        found = self.doctored("0e8001000000", "0e8002000000")

        self.assertEqual(next(iter(found)), "7:state")

    def test_reflection(self) -> None:
        """A class whose fields are not as recorded is found."""
        found = self.doctored(b"tick".hex(), b"tock".hex())

        self.assertEqual(next(iter(found)), "4:reflection")

    def test_frame(self) -> None:
        """A frame that was recorded and does not come is found."""
        found = self.doctored('"hex": "0f', '"hex": "12')

        self.assertEqual(found["8"], "nothing came")


class ListTests(SynchronousTestCase):
    def test_differences(self) -> None:
        """The list is short, and each entry says what, where, why and by whose wish."""
        listed = differences()

        self.assertLessEqual(len(listed), _MOST)
        self.assertEqual(len({each["id"] for each in listed}), len(listed))
        played = {file for story in STORIES for file in story.files}
        for each in listed:
            self.assertEqual(
                set(each), {"id", "files", "what", "reason", "source"}, each["id"]
            )
            self.assertLessEqual(set(each["files"]), played, each["id"])
            self.assertTrue(all(each.values()), each["id"])
            self.assertRegex(each["source"], _SOURCE)

    def test_complete(self) -> None:
        """Each recording of a session is played, or it is said why it is not."""
        sessions = {
            path.name
            for path in RECORDINGS.glob("*.json")
            if not path.name.startswith(("schema-", "msgpack-"))
        }
        played = [file for story in STORIES for file in story.files]

        self.assertEqual(sorted({*played, *NOT_REPLAYED}), sorted(sessions))
        self.assertEqual(len(played) + len(NOT_REPLAYED), len(sessions))
