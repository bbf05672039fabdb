"""What a client in JavaScript is sent, and told, when it returns."""

from __future__ import annotations

import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any, Final

from twisted.trial.unittest import SynchronousTestCase

from tests.scenario.client.network import common_node
from tests.support.daemon import PATIENCE, clean_environment
from tests.support.sdk import missing

_SCRIPT: Final = Path(__file__).with_name("resume.mjs")


@cache
def returns() -> dict[str, dict[str, Any]]:
    """Play the script once; return what it said of each return, by its name."""
    url = common_node().url().replace("http", "ws")
    run = subprocess.run(
        ["node", str(_SCRIPT), url],
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    if run.returncode:
        raise AssertionError(run.stderr)
    said = [json.loads(line) for line in run.stdout.splitlines()]
    return {each["name"]: each for each in said}


def moves(start: int, count: int) -> list[list[Any]]:
    """Tell what changes when so many turns follow a turn, as listeners are told."""
    told: list[list[Any]] = [["turn", start, start + count]] if count else []
    for piece in range(10):
        before, after = (
            piece + (turn - piece + 10) // 10 - (not piece)
            for turn in (start, start + count)
        )
        if before != after:
            told.append([f"p{piece}", before, after])
    return sorted(told, key=str)


class ResumeTests(SynchronousTestCase):
    skip = missing("nexus")

    def check(self, name: str, told: list[list[Any]], at_most: int) -> None:
        """Check one return by patches."""
        back = returns()[name]
        self.assertEqual(back["how"], "patches")
        self.assertEqual(sorted(back["told"], key=str), told)
        self.assertLessEqual(back["bytes"], at_most)
        self.assertTrue(back["isEqual"])
        self.assertTrue(back["isSame"], "an object is another one")

    def test_nothing_missed(self) -> None:
        """Who missed nothing is sent nothing of the State."""
        self.check("0", [], 0)

    def test_one_patch(self) -> None:
        """Who missed one patch is sent that one."""
        self.check("1", moves(0, 1), 20)

    def test_ten_patches(self) -> None:
        """Who missed ten is told of each change once."""
        self.check("10", moves(1, 10), 100)

    def test_a_thousand_patches(self) -> None:
        """The sum of a thousand costs what changed, and that is told once."""
        self.check("1000", moves(11, 1000), 100)

    def test_what_came_and_went_is_not_told(self) -> None:
        """Of pieces that were swapped twice, the first goes and the last comes."""
        self.check("swap", [["add", "q2"], ["remove", "p300"]], 60)

    def test_lost_again_before_all_came(self) -> None:
        """Who is lost while it returns is told of each change once all the same."""
        self.check("again", moves(1011, 7), 100)

        self.assertEqual(returns()["again"]["attempts"], 2)

    def test_away_for_too_long(self) -> None:
        """Who missed more than is kept is sent all, and told of what differs."""
        back = returns()["long"]
        self.assertEqual(back["how"], "snapshot")
        self.assertEqual(sorted(back["told"], key=str), moves(1018, 2100))
        self.assertTrue(back["isEqual"] and back["isSame"])
