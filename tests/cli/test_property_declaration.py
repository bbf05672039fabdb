"""Whatever State classes an author writes, their declarations compile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus import App
from nexus.cli.declaration import declarations
from nexus.state.rule import Lane
from tests import examples
from tests.cli.test_declaration import room_of
from tests.cli.typescript import compiled, missing
from tests.strategies import WorldPlan, build, worlds


def reads(name: str, root: Any) -> str:
    """Write a program that reads each field of a root as a client of ours may."""
    reading = [
        f"void room_{name}.state.{each.name};"
        for each in root.__layout__.fields
        if each.lane is not Lane.NEVER
    ]
    return "\n".join([f'declare const room_{name}: RoomOf<"{name}">;', *reading])


class DeclarationPropertyTests(SynchronousTestCase):
    skip = missing()

    # One run of the compiler takes a second, and a world no time: many at once.
    @settings(max_examples=examples(test=2, soak=60))
    @given(st.lists(worlds(), min_size=25, max_size=25))
    def test_declarations_compile(self, plans: list[WorldPlan]) -> None:
        """Every root has the fields that its clients get; no name is there twice."""
        folder = Path(self.mktemp())
        folder.mkdir()
        app = App()
        use = ['import type { RoomOf } from "./rooms";']
        for number, plan in enumerate(plans):
            root = build(plan)[-1]
            app.define(f"w{number}", room_of(root))
            use.append(reads(f"w{number}", root))

        text = declarations(app)

        self.assertEqual(compiled(folder, rooms=text, use="\n".join(use)), "")
