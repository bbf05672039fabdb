"""The rule that imports point inwards: pure, actors, edges, composition."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from configparser import ConfigParser
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

from twisted.trial.unittest import SynchronousTestCase

from tests import ROOT
from tests.support.tree import parse, sources

_BELOW: Final = ["nexus.compiled", "nexus.errors", "nexus.state"]

#: What each part of ring 0 may import beside the standard library and attrs.
_PURE: Final = {
    "nexus.errors": [],
    "nexus.limit": [],
    "nexus.metrics": [],
    "nexus.journal": ["nexus.errors", "nexus.state", "nexus.wire"],
    "nexus.compiled": ["nexus.compiled.parts"],
    "nexus.state": ["nexus.compiled", "nexus.errors"],
    "nexus.state.table": ["nexus.compiled", "nexus.errors", "numpy"],
    "nexus.wire": [*_BELOW, "msgpack"],
    "nexus.wire.colyseus.cells": ["nexus.errors", "nexus.state", "numpy"],
    "nexus.wire.colyseus.rows": ["nexus.errors", "nexus.state", "numpy"],
    "nexus.wire.native.cells": ["nexus.errors", "nexus.state", "numpy"],
    "nexus.wire.native.ragged": ["nexus.errors", "nexus.state", "numpy"],
    "nexus.wire.native.rows": ["nexus.errors", "nexus.state", "numpy"],
    "nexus.wire.native.sheaf": [
        "nexus.compiled",
        "nexus.errors",
        "nexus.state",
        "numpy",
    ],
    "nexus.wire.native.speech": [
        "nexus.compiled",
        "nexus.errors",
        "nexus.state",
        "numpy",
    ],
    "nexus.wire.native.wide": ["nexus.errors", "nexus.state", "numpy"],
    "nexus.bucket": [],
    "nexus.geo": ["nexus.errors", "numpy"],
    "nexus.sim": [*_BELOW, "nexus.geo", "numpy"],
    "nexus.sync": ["nexus.errors"],
}
#: Standard modules that bring a clock, a log, a thread or the outside into ring 0.
_IMPURE: Final = ["asyncio", "logging", "os", "secrets", "socket", "threading", "time"]
#: What one module may have of these: a key that decides nothing but what is guessed.
_KEYED: Final = {"nexus.state.view": "secrets.token_bytes"}
_ALWAYS: Final = ["__future__", "attr", "attrs", "typing_extensions"]

_TWISTED: Final = [
    "twisted.internet.defer",
    "twisted.internet.interfaces",
    "twisted.logger",
    "twisted.python.failure",
]
_PORTS: Final = [
    "nexus.*.port",
    "nexus.net.outlet",
    "nexus.store.writeback",
    "nexus.cluster.lease",
]
_CORE: Final = [
    "nexus.app",
    "nexus.archive",
    "nexus.background",
    "nexus.match",
    "nexus.room",
]
_FEATURES: Final = [
    "nexus.account",
    "nexus.agent",
    "nexus.chat",
    "nexus.content",
    "nexus.hosting",
    "nexus.save",
    "nexus.territory",
]
_EDGES: Final = [
    "nexus.api",
    "nexus.cache",
    "nexus.client",
    "nexus.cluster",
    "nexus.net",
    "nexus.page",
    "nexus.store",
]
#: The edges that stand upon another: pages are answered as all the rest over HTTP is.
_UPON: Final = {"nexus.page": ["nexus.api"]}
_COMPOSITION: Final = [
    "nexus.allocator",
    "nexus.cli",
    "nexus.config",
    "nexus.database",
    "nexus.descriptor",
    "nexus.haste",
    "nexus.interpreter",
    "nexus.load",
    "nexus.log",
    "nexus.measure",
    "nexus.reload",
    "nexus.service",
    "nexus.setting",
    "nexus.site",
    "nexus.storage",
    "nexus.tap",
    "nexus.testing",
]

#: Where a client that was given no reactor finds the one that is installed.
_DEFAULTS: Final = ["nexus.client.installed"]

#: Untyped or costly libraries, each of which one file of ours hides.
_WRAPPED: Final = ["msgpack", "psycopg2", "txpostgres", "txredisapi"]


def name_of(path: Path) -> str:
    """Name the module that a file is."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(tree: ast.Module) -> Iterator[str]:
    """Find the modules that a file imports, at its top or anywhere inside."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            for alias in node.names:
                yield f"{module}.{alias.name}"


def within(name: str, places: list[str]) -> bool:
    """Say whether a module lies in one of the places; a place may be a pattern."""
    return any(fnmatch(name, place) or fnmatch(name, f"{place}.*") for place in places)


def allowed(module: str) -> list[str] | None:
    """List what a module may import; None stands for everything.

    Raises:
        KeyError: The rings do not know this module.
    """
    pure = [place for place in _PURE if within(module, [place])]
    if pure:
        return [*_ALWAYS, *_PURE[max(pure, key=len)]]
    inner = [*_ALWAYS, *_PURE, *_TWISTED]
    if within(module, [*_CORE, *_PORTS]):
        return [*inner, *_CORE, *_PORTS]
    if within(module, _FEATURES):
        return [*inner, *_CORE, *_PORTS]
    if within(module, _EDGES):
        upon = _UPON.get(".".join(module.split(".")[:2]), [])
        outer = [*_FEATURES, *upon, "twisted", "autobahn", *_WRAPPED]
        return [*inner, *_CORE, *_PORTS, *outer]
    if module == "nexus":
        return [*inner, *_CORE, *_PORTS]
    if within(module, _COMPOSITION):
        return None
    raise KeyError(f"{module} has no ring: say in tests/test_layers.py which one")


def wrong_arrows(module: str, tree: ast.Module) -> list[str]:
    """Find the imports that a module may not have."""
    may = allowed(module)
    if may is None:
        return []
    own = ".".join(module.split(".")[:2])
    is_pure = within(module, [*_PURE])
    found = []
    for name in imports(tree):
        if name.split(".")[0] in sys.stdlib_module_names:
            is_known = _KEYED.get(module) == name
            fine = is_known or not (is_pure and within(name, _IMPURE))
        else:
            fine = within(name, may) or (own != "nexus" and within(name, [own]))
        if not fine:
            found.append(f"{module} imports {name}")
    return found


def outside_reads(module: str, tree: ast.Module) -> list[str]:
    """Find where a module of an inner ring reads the environment or the reactor."""
    if within(module, [*_COMPOSITION, *_DEFAULTS]):
        return []
    words = ["os.environ", "os.getenv", "twisted.internet.reactor"]
    read = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.expr)]
    return [
        f"{module} uses {name}" for name in {*read, *imports(tree)} if name in words
    ]


class LayerTests(SynchronousTestCase):
    def test_imports_point_inwards(self) -> None:
        """No module imports one of a ring further out, or a library it may not know."""
        for path in sources("nexus"):
            self.assertEqual(wrong_arrows(name_of(path), parse(path)), [])

    def test_only_the_composition_reads_the_outside(self) -> None:
        """The reactor and the environment enter at the composition ring alone.

        Whoever plays in a Room has no such ring: its client looks for the reactor.
        """
        for path in sources("nexus"):
            self.assertEqual(outside_reads(name_of(path), parse(path)), [])

    def test_each_wrapped_library_has_one_importer(self) -> None:
        """A library that is declared and hidden by a file is imported by that one."""
        setup = ConfigParser()
        setup.read(ROOT / "setup.cfg")
        declared = setup["options"]["install_requires"]
        for library in _WRAPPED:
            importers = [
                name_of(path)
                for path in sources("nexus")
                if within(
                    library, [name.split(".")[0] for name in imports(parse(path))]
                )
            ]

            self.assertEqual(len(importers), int(library in declared), importers)


class CheckerTests(SynchronousTestCase):
    def found(self, module: str, source: str) -> bool:
        """Say whether the rules object to this module."""
        tree = ast.parse(source)
        return bool(wrong_arrows(module, tree) + outside_reads(module, tree))

    def test_wrong_arrows_are_found(self) -> None:
        """Planted violations of each ring are seen."""
        for module, source in (
            ("nexus.state.field", "from twisted.internet import defer"),
            ("nexus.state.field", "def late():\n    import time"),
            ("nexus.state.field", "from nexus.wire import codec"),
            ("nexus.state.field", "import numpy"),
            ("nexus.state.field", "from . import change"),
            ("nexus.errors", "import msgpack"),
            ("nexus.errors", "from nexus import state"),
            ("nexus.room.actor", "from nexus.net.protocol import Protocol"),
            ("nexus.room.actor", "from twisted.web import server"),
            ("nexus.chat.channel", "import nexus.hosting.role"),
            ("nexus.store.port", "import txpostgres"),
            ("nexus.api.health", "from nexus.config import Config"),
            ("nexus.api.health", "from nexus.net import factory"),
            ("nexus.api.health", "import os\nos.environ['X']"),
            ("nexus.api.health", "from os import getenv"),
            ("nexus.api.health", "from twisted.internet import reactor"),
        ):
            self.assertTrue(self.found(module, source), (module, source))

    def test_right_arrows_are_not_found(self) -> None:
        """What the rings allow passes."""
        for module, source in (
            ("nexus.state.table", "import numpy, attrs\nfrom nexus.state import kind"),
            ("nexus.wire.codec", "from msgpack import packb"),
            ("nexus.room.actor", "from twisted.internet.defer import Deferred"),
            ("nexus.chat.channel", "from nexus.room import Room"),
            ("nexus.store.postgres", "import txpostgres\nimport nexus.store.port"),
            (
                "nexus.tap",
                "import os\nos.environ\nfrom twisted.internet import reactor",
            ),
        ):
            self.assertFalse(self.found(module, source), (module, source))

    def test_module_without_a_ring_is_found(self) -> None:
        """A new package has to be given its ring."""
        with self.assertRaises(KeyError):
            allowed("nexus.drawer.thing")
