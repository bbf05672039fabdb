"""Runs all tests, Python's and JavaScript's, and ends with one line that sums them up.

    python -m tests.run                  all of the active profile
    python -m tests.run tests.api        only what is named, in Python

`NEXUS_PROFILE` chooses (see `tests`): `test` runs every `test_*.py` and the JavaScript
tests, `soak` runs every `soak_*.py` and once more every `test_property_*.py`.

Exits with 1 when a test failed, with 5 when none ran. With `CI` set a skipped test is a
failure too: there, whatever a test needs is to be installed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory

from attrs import frozen

from tests import PROFILE, ROOT, STACKS, TOLD
from tests.support.overdue import Deadline
from tests.support.tree import long_files, modules

__all__ = ["Count", "main", "of_node", "of_trial", "verdict"]

_PATTERNS = {"test": ["test_*.py"], "soak": ["soak_*.py", "test_property_*.py"]}

#: When a run is ended because it hangs: far beyond what it may take.
_SECONDS = {"test": 1200.0, "soak": 2700.0}


@frozen
class Count:
    """How many tests passed, failed and were skipped."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(
            self.passed + other.passed,
            self.failed + other.failed,
            self.skipped + other.skipped,
        )

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def of_trial(output: str, status: int) -> Count:
    """Read the closing line of trial, such as `FAILED (failures=1, successes=2)`."""
    lines = re.findall(r"^(?:PASSED|FAILED)(?: \((.*)\))?\s*$", output, re.MULTILINE)
    said = re.findall(r"(\w+)=(\d+)", lines[-1] if lines else "")
    number = {word: int(digits) for word, digits in said}
    return _honest(
        Count(
            number.get("successes", 0) + number.get("expectedFailures", 0),
            number.get("failures", 0)
            + number.get("errors", 0)
            + number.get("unexpectedSuccesses", 0),
            number.get("skips", 0),
        ),
        status,
    )


def of_node(output: str, status: int) -> Count:
    """Read the closing lines of `node --test`, such as `# pass 3`."""
    said = re.findall(r"^(?:#|\u2139) ([a-z]+) (\d+)\s*$", output, re.MULTILINE)
    number = {word: int(digits) for word, digits in said}
    return _honest(
        Count(
            number.get("pass", 0),
            number.get("fail", 0) + number.get("cancelled", 0),
            number.get("skipped", 0) + number.get("todo", 0),
        ),
        status,
    )


def _honest(count: Count, status: int) -> Count:
    """Count a runner that failed without naming a test as one failure."""
    return count + Count(failed=1) if status and not count.failed else count


def verdict(count: Count, environment: Mapping[str, str]) -> int:
    """Turn the sum into an exit status."""
    if count.failed or (count.skipped and environment.get("CI")):
        return 1
    return 0 if count.passed else 5


def _run(command: Sequence[str]) -> tuple[str, int]:
    """Run a command in the project's folder, showing and keeping what it prints.

    A command that takes far longer than its profile may is ended, and has failed.
    """
    kept = bytearray()
    with (
        TemporaryDirectory() as stacks,
        NamedTemporaryFile("r") as told,
        subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | {"NO_COLOR": "1", STACKS: stacks, TOLD: told.name},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as process,
        Deadline(process, _SECONDS[PROFILE], Path(stacks)),
    ):
        assert process.stdout is not None
        while chunk := os.read(process.stdout.fileno(), 65536):
            kept += chunk
            sys.stdout.buffer.write(chunk)
            sys.stdout.flush()
        process.wait()
        print(told.read())
    return kept.decode(errors="replace"), process.returncode


def _python(names: Sequence[str]) -> Count:
    """Run the named test modules, in three processes: many of the tests wait."""
    if not names:
        return Count()
    return of_trial(
        *_run(
            [
                sys.executable,
                "-m",
                "twisted.trial",
                "--reporter=text",
                "--rterrors",
                "-j3",
                *names,
            ]
        )
    )


def _javascript() -> Count:
    """Run the tests of the JavaScript client and of pages, where Node.js is there."""
    files = [
        str(path)
        for folder in ("clients/js/test", "tests/page")
        for path in sorted((ROOT / folder).rglob("*.*js"))
        if "node:test" in path.read_text("utf-8")
    ]
    if not files:
        return Count()
    if not shutil.which("node"):
        print("Node.js is missing: the tests in JavaScript were skipped")
        return Count(skipped=1)
    return of_node(*_run(["node", "--test", "--test-reporter=spec", *files]))


def main(names: Sequence[str]) -> int:
    """Run the named tests, or all of the active profile; return the exit status."""
    count = _python(names or modules(*_PATTERNS[PROFILE]))
    if PROFILE == "test" and not names:
        count += _javascript()
        for line in long_files():
            print(f"long: {line}")
    print(count, flush=True)
    return verdict(count, os.environ)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
