"""The documents: their examples run, and their links lead somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

from attrs import frozen
from twisted.trial.unittest import SynchronousTestCase

from tests import ROOT

#: A fenced block: the words after its fence, and what it holds.
_FENCE: Final = re.compile(r"^```(\S*)[ \t]*([^\n]*)\n(.*?)^```", re.M | re.S)

#: A block that is not run says so, and says why: a comment on the line above its fence.
_REASON: Final = re.compile(r"<!-- not run: .+ -->\n$")

_LINK: Final = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


@frozen
class Example:
    """One block of Python in a document."""

    line: int
    code: str


def examples(text: str) -> list[Example]:
    """Find the blocks that are to run.

    Raises:
        ValueError: A block is marked `no-run` without a reason above it.
    """
    found = []
    for block in _FENCE.finditer(text):
        language, marker, code = block.groups()
        if language != "python":
            continue
        line = text.count("\n", 0, block.start()) + 1
        if marker == "no-run":
            if not _REASON.search(text[: block.start()]):
                raise ValueError(f"line {line}: no-run without a reason above it")
        elif marker:
            raise ValueError(f"line {line}: {marker!r} says nothing")
        else:
            found.append(Example(line, code))
    return found


def broken_links(path: Path, text: str) -> list[str]:
    """Find the relative links that lead nowhere."""
    found = []
    for link in _LINK.findall(_FENCE.sub("", text)):
        target, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        place = (path.parent / target) if target else path
        if not place.exists() or (anchor and anchor not in anchors(place)):
            found.append(link)
    return found


def anchors(path: Path) -> set[str]:
    """Name the headings of a document as links name them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.M)
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in headings
    }


def documents() -> list[Path]:
    """Find what people read."""
    return sorted(
        path
        for pattern in ("*.md", "docs/**/*.md", "clients/js/*.md")
        for path in ROOT.glob(pattern)
    )


class DocumentTests(SynchronousTestCase):
    def test_examples_run(self) -> None:
        """The Python blocks of a document run, one after the other in one program."""
        for path in documents():
            blocks = examples(path.read_text("utf-8"))
            # Blank lines bring each block to its own line, for the traceback.
            program = ""
            for block in blocks:
                program += "\n" * (block.line - program.count("\n")) + block.code
            run = subprocess.run(
                [sys.executable, "-c", program],
                cwd=ROOT,
                capture_output=True,
                text=True,
                timeout=60,
            )

            self.assertEqual(run.returncode, 0, f"{path}:\n{run.stderr}")

    def test_links_lead_somewhere(self) -> None:
        """Each relative link names a file that is there, and a heading in it."""
        for path in documents():
            self.assertEqual(broken_links(path, path.read_text("utf-8")), [], path)


class CheckerTests(SynchronousTestCase):
    def test_examples_are_found_with_their_line(self) -> None:
        """Only Python is run."""
        text = "a\n```python\nx = 1\n```\n```sh\nls\n```\n"

        self.assertEqual(examples(text), [Example(2, "x = 1\n")])

    def test_block_that_is_not_run_needs_a_reason(self) -> None:
        """A block is passed over only when the line above says why."""
        block = "```python no-run\nserve()\n```\n"

        self.assertEqual(examples("<!-- not run: serves for ever -->\n" + block), [])
        with self.assertRaises(ValueError):
            examples(block)

    def test_broken_links_are_found(self) -> None:
        """A link to a missing file or heading is seen, and one in code is not."""
        text = "[a](gone.md) [b](README.md) [c](#gone) [d](https://x.test/)\n"
        text += "```python\n[e](f)\n```\n"

        self.assertEqual(broken_links(ROOT / "README.md", text), ["gone.md", "#gone"])
