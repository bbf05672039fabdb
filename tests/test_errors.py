"""Tests of `nexus.errors`."""

from __future__ import annotations

import ast
import re

from twisted.trial.unittest import SynchronousTestCase

from nexus import errors
from tests.support.tree import parse, sources


def declared() -> dict[str, str]:
    """Find the errors of all of Nexus, each with the one that it is a case of."""
    found: dict[str, str] = {}
    classes = [
        node
        for path in sources("nexus")
        for node in ast.walk(parse(path))
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    ]
    grows = True
    while grows:
        kin = {
            each.name: base.id
            for each in classes
            for base in each.bases[:1]
            if isinstance(base, ast.Name) and base.id in {"NexusError", *found}
        }
        grows, found = kin != found, kin
    return found


def drawn(text: str) -> dict[str, str]:
    """Read the tree of a docstring: each error, and the one that it hangs from."""
    found: dict[str, str] = {}
    above: list[tuple[int, str]] = []
    for line in text.partition("NexusError")[2].partition("\n\n")[0].splitlines():
        named = re.match(r"[│├└─ ]*(\w+)", line)
        if named is None:
            continue
        depth = named.start(1)
        above = [each for each in above if each[0] < depth]
        found[named[1]] = above[-1][1] if above else "NexusError"
        above.append((depth, named[1]))
    return found


class TreeTests(SynchronousTestCase):
    def test_tree_is_complete(self) -> None:
        """The docstring draws each error below the one that it is a case of."""
        self.assertEqual(drawn(errors.__doc__ or ""), declared())
