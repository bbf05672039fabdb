"""Tests of `nexus.state.state`: what type checkers know of a State."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
import textwrap
from pathlib import Path

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from nexus.state.state import StateMeta
from tests import ROOT

_PROGRAM = """
    from nexus.state import OWNER, State, Map, List, Set, Tree, field, int32, uint8

    class Item(State):
        name: str

    class Player(State):
        hp: uint8 = 100
        x: float
        bag: List[Item] = field()
        scores: Map[str, int32] = field(factory=dict)
        tags: Set[str] = field(visible=OWNER)
        held: Item | None = None

    player = Player(hp=3, x=1.5, held=Item(name="a"))
    reveal_type(player.hp)
    reveal_type(player.bag[0].name)
    reveal_type(player.scores["a"])
    Player(hp="many", x=1.5)
    Player(x=1.5, colour="red")
    player.hp = "many"
    player.held = 3

    class Boss(Player):
        hp: uint8 = 200

    class World(State):
        turn: int32 = field()
        players: Map[str, Player] = field()

    tree = Tree(World())
    reveal_type(tree.root.players["ann"].hp)
    world = World(players={"ann": Boss(x=1), "bob": player})
    world.players = {"bob": player}
    player.bag = (Item(name=name) for name in "ab")
    player.tags = ["a"]
    player.bag = 3
    World(players=[player])
    plain: Tree = tree
    Item()
"""


class EditorTests(SynchronousTestCase):
    def test_type_checkers_know_the_fields(self) -> None:
        """Mypy knows what a field holds and takes, and what stands in a tree."""
        try:
            import mypy.api  # noqa: F401, PLC0415  # not in every environment
        except ImportError:
            raise SkipTest("mypy is not installed") from None
        folder = Path(self.mktemp())
        folder.mkdir()
        path = folder.absolute() / "game.py"
        path.write_text(textwrap.dedent(_PROGRAM).lstrip())

        run = subprocess.run(
            [sys.executable, "-m", "mypy", "--config-file=", "--follow-imports=silent",
             "--hide-error-context", "--no-error-summary",
             f"--cache-dir={ROOT / '.mypy_cache'}", path],
            cwd=ROOT, capture_output=True, text=True, timeout=120,
        )  # fmt: skip

        found = [line.partition(".py:")[2] for line in run.stdout.splitlines()]
        want = [
            '15: note: Revealed type is "int"',
            '16: note: Revealed type is "str"',
            '17: note: Revealed type is "int"',
            '18: error: Argument "hp" to "Player" has incompatible type "str"',
            '19: error: Unexpected keyword argument "colour"',
            "20: error: Incompatible types in assignment",
            "21: error: Incompatible types in assignment",
            '31: note: Revealed type is "int"',
            "36: error: Incompatible types in assignment",
            '37: error: Argument "players" to "World" has incompatible type',
            '39: error: Missing named argument "name" for "Item"',
        ]
        self.assertEqual(len(found), len(want), run.stdout + run.stderr)
        for line, start in zip(found, want, strict=True):
            self.assertIn(start, line.replace("builtins.", ""))

    def test_type_checkers_see_no_call_of_the_metaclass(self) -> None:
        """Pyright believes what that returns, and would know nothing of a State."""
        tree = ast.parse(inspect.getsource(StateMeta))
        for node in ast.walk(tree):
            if isinstance(node, ast.If) and ast.unparse(node.test) == (
                "not TYPE_CHECKING"
            ):
                node.body = []

        names = [each.name for each in ast.walk(tree) if hasattr(each, "name")]
        self.assertEqual(names, ["StateMeta", "__new__"])
