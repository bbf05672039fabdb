"""The Rooms in the documents can be opened and joined, and their tables are true."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import attrs
from twisted.trial.unittest import SynchronousTestCase

from nexus import App, Limits, QueueRoom, Room
from nexus.room import Context
from tests import ROOT
from tests.support.table import Table, TableTestCase, result
from tests.test_conventions import table_rows
from tests.test_docs import examples

#: What the documents' Rooms know of who comes.
_CONTEXT: Final = Context("t0k", "192.0.2.7", {})


@contextmanager
def running(path: Path) -> Iterator[ModuleType]:
    """Run the blocks of a document as one module."""
    module = ModuleType(f"document_{path.stem.replace('-', '_')}")
    sys.modules[module.__name__] = module
    try:
        blocks = examples(path.read_text("utf-8"))
        code = "\n".join(block.code for block in blocks)
        exec(compile(code, str(path), "exec"), vars(module))
        yield module
    finally:
        del sys.modules[module.__name__]


def plain(cell: str) -> str:
    """Return a default as Python writes it."""
    return cell.replace(",", "").strip("`")


class RoomTests(TableTestCase):
    def open(self, path: Path, kinds: int) -> None:
        """Open each kind that a document defines, let two join, and let them play."""
        with running(path) as module:
            app: App = module.app
            self.assertEqual(len(app.catalog), kinds)
            for kind in app.catalog:
                table = Table()
                table.matchmaker.catalog = app.catalog
                wish = table.matchmaker.create(kind.name, {}, _CONTEXT)
                first = table.come(result(wish)).ack()
                room_id = first.room_id
                wish = table.matchmaker.join_by_id(room_id, {}, _CONTEXT)
                second = table.come(result(wish)).ack()
                table.beat(times=60)
                self.assertTrue(first.joined and second.joined, kind)
                self.assertEqual(first.failures + second.failures, [], kind)
                second.drop()
                table.beat()
                first.leave()
                self.clear(table)

    def test_first_room(self) -> None:
        """The Room that newcomers write."""
        self.open(ROOT / "docs" / "first-room.md", 1)

    def test_rooms(self) -> None:
        """The Rooms of the page about Rooms."""
        self.open(ROOT / "docs" / "rooms.md", 6)

    def test_matchmaking(self) -> None:
        """The kinds of the page about matchmaking."""
        self.open(ROOT / "docs" / "matchmaking.md", 9)


class TableTests(SynchronousTestCase):
    def rows(self, name: str, heading: str) -> dict[str, list[str]]:
        """Read the tables below a heading, by their first cell."""
        text = (ROOT / "docs" / name).read_text("utf-8")
        return {row[0]: row[1:] for row in table_rows(text, heading)}

    def test_limits(self) -> None:
        """Each limit has a row that says its default, and no row is of another."""
        said: dict[str, str] = {}
        for cell, (default, *_) in self.rows("rooms.md", "Limits").items():
            names = re.findall(r"\w+", cell)
            values = [plain(each) for each in re.split(r", ", default)]
            said.update(zip(names, values, strict=True))

        self.assertEqual(
            {name: float(value) for name, value in said.items()},
            {each.name: each.default for each in attrs.fields(Limits)},
        )

    def check_defaults(self, cls: type[Any], rows: dict[str, list[str]]) -> None:
        """Check that attributes of a class are as the rows say."""
        known = {
            name: repr(getattr(cls, name))
            for name in vars(cls)
            if name in rows and name != "match_kind"
        }
        said = {
            name: plain(cells[0]).replace('"', "'")
            for name, cells in rows.items()
            if name in known
        }
        self.assertGreater(len(known), 6)
        self.assertEqual(said, known)

    def test_attributes(self) -> None:
        """The defaults of Rooms and queues are those that are written."""
        self.check_defaults(Room, self.rows("rooms.md", "Its life"))
        self.check_defaults(QueueRoom, self.rows("matchmaking.md", "A queue"))
