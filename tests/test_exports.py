"""The rule that what is public is listed, once, under one meaning."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType

from twisted.trial.unittest import SynchronousTestCase

from tests.support.tree import parse, sources
from tests.test_layers import name_of

#: What a program at the other end of a socket imports. Its Client and its Room are that
#: end's own, as in the JavaScript package.
_OTHER_END = ("nexus.client",)


def listed(module: ModuleType) -> list[str]:
    """Return what a module lists as public."""
    return list(getattr(module, "__all__", []))


def broken_lists(module: ModuleType) -> list[str]:
    """Find names that are listed without being there, or twice."""
    names = listed(module)
    return [
        f"{module.__name__}.{name}"
        for name in names
        if not hasattr(module, name) or names.count(name) > 1
    ]


def unlisted(tree: ast.Module, names: Iterable[str]) -> set[str]:
    """Find the public names that a package takes from its modules but does not list."""
    taken = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("nexus")
        for alias in node.names
    }
    return {name for name in taken if not name.startswith("_")} - set(names)


def two_meanings(modules: Iterable[ModuleType]) -> list[str]:
    """Find names under which several of the modules list different things."""
    meaning: dict[str, object] = {}
    return [
        f"{module.__name__}.{name}"
        for module in modules
        for name in listed(module)
        if meaning.setdefault(name, getattr(module, name)) is not getattr(module, name)
    ]


class ExportTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Import every module of Nexus."""
        self.modules: Mapping[Path, ModuleType] = {
            path: import_module(name_of(path)) for path in sources("nexus")
        }
        self.packages = {
            path: module
            for path, module in self.modules.items()
            if path.name == "__init__.py"
        }

    def test_every_folder_is_a_package_with_a_list(self) -> None:
        """A package says what it offers, be it nothing."""
        for path in self.modules:
            init = path.parent / "__init__.py"

            self.assertTrue(init.exists(), f"{init} is missing")
            self.assertTrue(hasattr(self.packages[init], "__all__"), init)

    def test_what_is_listed_is_there_once(self) -> None:
        """Each list names things that exist, and none of them twice."""
        for module in self.modules.values():
            self.assertEqual(broken_lists(module), [])

    def test_what_a_package_takes_from_its_modules_is_listed(self) -> None:
        """A package imports a public name only to offer it."""
        for path, module in self.packages.items():
            self.assertEqual(unlisted(parse(path), listed(module)), set(), path)

    def test_one_name_has_one_meaning(self) -> None:
        """Within a package, and among all packages, a public name means one thing."""
        for path in self.packages:
            near = [
                module
                for other, module in self.modules.items()
                if other.parent == path.parent
            ]
            self.assertEqual(two_meanings(near), [])
        here = [
            module
            for module in self.packages.values()
            if not module.__name__.startswith(_OTHER_END)
        ]
        self.assertEqual(two_meanings(here), [])

    def test_importing_nexus_installs_no_reactor(self) -> None:
        """Whoever imports Nexus can still choose a reactor."""
        code = "import sys, nexus; sys.exit('twisted.internet.reactor' in sys.modules)"

        self.assertEqual(subprocess.run([sys.executable, "-c", code]).returncode, 0)


class CheckerTests(SynchronousTestCase):
    def module(self, **names: object) -> ModuleType:
        """Make a module of these names."""
        module = ModuleType("planted")
        vars(module).update(names)
        return module

    def test_broken_lists_are_found(self) -> None:
        """A name that is listed twice, or is not there, is seen."""
        module = self.module(
            __all__=["here", "twice", "twice", "gone"], here=1, twice=2
        )

        self.assertEqual(
            broken_lists(module), ["planted.twice", "planted.twice", "planted.gone"]
        )

    def test_unlisted_names_are_found(self) -> None:
        """A name that is taken and not offered is seen."""
        tree = ast.parse("from nexus.a import B, C as D, _e\nfrom attrs import frozen")

        self.assertEqual(unlisted(tree, ["B"]), {"D"})

    def test_second_meaning_is_found(self) -> None:
        """The same name for two different things is seen."""
        first = self.module(__all__=["same", "other"], same=ast, other=1)
        second = self.module(__all__=["same", "other"], same=ast, other=[])

        self.assertEqual(two_meanings([first, second]), ["planted.other"])
