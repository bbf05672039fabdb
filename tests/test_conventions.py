"""The habits of this project that a program can check."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from twisted.trial.unittest import SynchronousTestCase

from nexus.setting import SETTINGS, UNSERVED
from tests import ROOT
from tests.support.tree import line_count, parse, sources

#: No source file is longer; `tests.run` names those that come near.
_LONGEST: Final = 500
#: No folder of `nexus/` holds more of them.
_MOST: Final = 40

#: Tests that mirror no module: the rules, and what is about the whole.
_MIRRORLESS: Final = {
    "tests/deploy/test_files.py",
    "tests/match/keeper/test_set_aside.py",
    "tests/test_conventions.py",
    "tests/test_docs.py",
    "tests/test_exports.py",
    "tests/test_layers.py",
}

#: Words for work that somebody else is to do one day.
_LEFTOVER: Final = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")

_FRAGMENT: Final = re.compile(r"(\d+|\+[a-z0-9-]+)\.(feature|fix|breaking|doc)\.md")


def test_files() -> Iterator[Path]:
    """Find the files that hold tests."""
    for path in sources("tests"):
        if path.name.startswith(("test_", "soak_")):
            yield path


def tests_of(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """Find the test methods of a file, each with the name of its class."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            for method in node.body:
                name = getattr(method, "name", "")
                if name.startswith("test_"):
                    yield node.name, method


def synchronous(trees: Iterable[ast.Module]) -> set[str]:
    """Name the classes that run no coroutine, directly or through what they extend."""
    bases = {
        node.name: {ast.unparse(base).split(".")[-1] for base in node.bases}
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    found = {"SynchronousTestCase"}
    while more := {name for name, of in bases.items() if of & found} - found:
        found |= more
    return found


def unrun(tree: ast.Module, classes: set[str]) -> list[str]:
    """Find coroutine tests in the named classes: trial passes them without a look."""
    return [
        f"{name}.{test.name}"
        for name, test in tests_of(tree)
        if name in classes and isinstance(test, ast.AsyncFunctionDef)
    ]


def undescribed(tree: ast.Module) -> list[str]:
    """Find tests that do not say in a sentence what behaviour they prove."""
    return [
        f"{name}.{test.name}"
        for name, test in tests_of(tree)
        if isinstance(test, ast.FunctionDef | ast.AsyncFunctionDef)
        and not (ast.get_docstring(test) or "").rstrip().endswith(".")
    ]


def has_mirror(path: str, root: Path) -> bool:
    """Say whether a test file tests the module, or package, that its name promises.

    Where there is much to test of one, the name goes on, and says what of it.
    """
    parts = Path(path).parts[1:]
    if path in _MIRRORLESS or "scenario" in parts:
        return True
    if re.match(r"soak_|test_property_", parts[-1]):
        return True
    words = Path(path).stem.split("_")[1:]
    places = [
        root.joinpath(top, *parts[:-1], "_".join(words[:count]))
        for top in ("nexus", "tests")
        for count in range(1, len(words) + 1)
    ]
    # What is compiled has a stub.
    return any(
        place.is_dir()
        or place.with_suffix(".py").exists()
        or place.with_suffix(".pyi").exists()
        for place in places
    )


def table_rows(text: str, heading: str) -> list[list[str]]:
    """Read the cells of the table below a heading, without its head."""
    section = re.split(r"^## ", text.partition(f"## {heading}\n")[2], flags=re.M)[0]
    rows = [line for line in section.splitlines() if line.startswith("|")]
    return [
        [cell.strip(" `") for cell in row.strip("|").split("|")] for row in rows[2:]
    ]


class TestFileTests(SynchronousTestCase):
    def test_coroutines_are_run(self) -> None:
        """No coroutine stands in a test case that would pass it unrun."""
        trees = {path: parse(path) for path in sources("tests")}
        classes = synchronous(trees.values())
        for path, tree in trees.items():
            self.assertEqual(unrun(tree, classes), [], path)

    def test_tests_say_what_they_prove(self) -> None:
        """Each test has a docstring that is a sentence."""
        for path in test_files():
            self.assertEqual(undescribed(parse(path)), [], path)

    def test_tests_mirror_modules(self) -> None:
        """`test_y.py`, or `test_y_z.py`, tests `y.py` there, or what tests share."""
        for path in test_files():
            self.assertTrue(has_mirror(str(path.relative_to(ROOT)), ROOT), path)

    def test_test_folders_are_packages(self) -> None:
        """Each folder with tests can be imported by its name."""
        for path in test_files():
            self.assertTrue((path.parent / "__init__.py").exists(), path.parent)


class SourceTests(SynchronousTestCase):
    def test_files_are_short(self) -> None:
        """No source file is longer than a reader can hold."""
        for path in sources():
            self.assertLessEqual(line_count(path), _LONGEST, path)

    def test_packages_are_small(self) -> None:
        """No package has more modules than a reader can look over."""
        counts = Counter(path.parent for path in sources("nexus"))
        for folder, count in counts.items():
            self.assertLessEqual(count, _MOST, folder)

    def test_nothing_is_left_over(self) -> None:
        """No source or document announces work instead of doing it."""
        for path in [*sources(), *(ROOT / "docs").rglob("*.md")]:
            self.assertIsNone(_LEFTOVER.search(path.read_text("utf-8")), path)

    def test_news_fragments_have_a_number_or_name_and_a_type(self) -> None:
        """Each file in `news/` is one that towncrier understands."""
        for path in (ROOT / "news").iterdir():
            self.assertTrue(_FRAGMENT.fullmatch(path.name), path)
            self.assertTrue(path.read_text("utf-8").strip(), path)


class SettingTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Read the page about settings."""
        self.page = (ROOT / "docs" / "configuration.md").read_text("utf-8")

    def test_settings_are_documented(self) -> None:
        """`docs/configuration.md` has a row for each setting, and no other."""
        self.assertEqual(
            [row[:3] for row in table_rows(self.page, "Settings")],
            [
                [one.name, f"--{one.option}" if one.option else "", one.default]
                for one in SETTINGS
            ],
        )

    def test_refused_names_are_documented(self) -> None:
        """`docs/configuration.md` lists each name that is not served yet."""
        rows = table_rows(self.page, "Not served yet")
        names = [name for row in rows for name in re.findall(r"\w+", row[0])]

        self.assertEqual(names, list(UNSERVED))

    def test_example_environment_is_the_default_one(self) -> None:
        """`.env.example` sets each setting to its default, and nothing else."""
        lines = (ROOT / ".env.example").read_text("utf-8").splitlines()

        self.assertEqual(
            [line for line in lines if line and not line.startswith("#")],
            [f"{one.name}={one.default}" for one in SETTINGS],
        )


class CheckerTests(SynchronousTestCase):
    SOURCE = (
        "class Slow(SynchronousTestCase):\n"
        "    async def test_a(self):\n"
        "        '''It holds.'''\n"
        "class Slower(Slow):\n"
        "    async def test_b(self):\n"
        "        '''Without a full stop'''\n"
        "class Real(TestCase):\n"
        "    async def test_c(self):\n"
        "        pass\n"
    )

    def test_unrun_coroutines_are_found(self) -> None:
        """A planted coroutine is seen, also in a class that extends another."""
        tree = ast.parse(self.SOURCE)

        self.assertEqual(
            unrun(tree, synchronous([tree])), ["Slow.test_a", "Slower.test_b"]
        )

    def test_undescribed_tests_are_found(self) -> None:
        """A planted test without a sentence is seen."""
        self.assertEqual(
            undescribed(ast.parse(self.SOURCE)), ["Slower.test_b", "Real.test_c"]
        )

    def test_missing_mirror_is_found(self) -> None:
        """A test of a module that does not exist is seen."""
        self.assertTrue(has_mirror("tests/test_config.py", ROOT))
        self.assertTrue(has_mirror("tests/api/test_health.py", ROOT))
        self.assertTrue(has_mirror("tests/api/test_health_later.py", ROOT))
        self.assertFalse(has_mirror("tests/api/test_nothing.py", ROOT))
        self.assertFalse(has_mirror("tests/api/test_later_health.py", ROOT))

    def test_leftovers_are_found(self) -> None:
        """A planted announcement is seen."""
        self.assertTrue(_LEFTOVER.search("# TO" + "DO: later"))

    def test_misnamed_fragments_are_found(self) -> None:
        """A fragment of an unknown type, or without a name, is seen."""
        self.assertTrue(_FRAGMENT.fullmatch("+house.feature.md"))
        self.assertTrue(_FRAGMENT.fullmatch("12.fix.md"))
        for name in ("house.feature.md", "12.misc.md", "12.fix.rst", ".fix.md"):
            self.assertFalse(_FRAGMENT.fullmatch(name), name)

    def test_tables_are_read(self) -> None:
        """The rows below one heading are read, and those below the next are not."""
        text = "## A\n| x | y |\n|-|-|\n| `1` | 2 |\n\n## B\n| z |\n|-|\n| 3 |\n"

        self.assertEqual(table_rows(text, "A"), [["1", "2"]])
        self.assertEqual(table_rows(text, "B"), [["3"]])
