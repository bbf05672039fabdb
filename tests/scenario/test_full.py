"""A database has no place for more: Rooms play on, and all is written later."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred

from nexus.client import RequestError
from tests.scenario.kill.test_kill import url_of
from tests.support.keeping import KeepingTestCase, Node
from tests.support.postgres import Cluster, missing_postgres

_FILL = """
    CREATE OR REPLACE FUNCTION fill() RETURNS trigger AS $$
    BEGIN
        RAISE EXCEPTION 'no space left on device' USING ERRCODE = '53100';
    END $$ LANGUAGE plpgsql"""
_TRIGGER = """
    CREATE TRIGGER fill BEFORE INSERT ON journal FOR EACH ROW EXECUTE FUNCTION fill()"""


class FullTests(KeepingTestCase):
    async def survives(
        self, node: Node, fill: Callable[[], object], free: Callable[[], object]
    ) -> None:
        """Play while there is no place, until commands are refused, and go on after."""
        await self.up(node)
        room = await self.join(node)
        other = await self.join(node, room.room_id)
        self.assertEqual(await room.request("add", 1), 1)

        fill()
        waiting = [
            self.command(room.command("add", [1, letter * 20_000], timeout=None))
            for letter in "abc"
        ]
        await self.until(lambda: other.state.total == 4, node)
        self.assertEqual([each.called for each in waiting], [False] * 3)
        await self.until(lambda: node.asked()[0] == 503, node)
        _, health = node.asked()
        self.assertEqual(health["cause"], "the database takes nothing")
        self.assertEqual(health["database"]["status"], "down")
        self.assertEqual(node.asked("/ready")[0], 200)
        await self.until(lambda: node.asked("/ready")[0] == 503, node)
        self.assertIn("full", node.asked()[1]["cause"])
        self.assertEqual(node.asked("/live")[0], 200)
        with self.assertRaises(RequestError) as refused:
            await room.request("add", 100)
        self.assertIn("full", str(refused.exception))
        self.assertEqual([each.called for each in waiting], [False] * 3)
        self.assertTrue(room.is_joined and other.is_joined)

        free()
        self.assertEqual([await each for each in waiting], [2, 3, 4])
        await self.until(lambda: node.asked("/ready")[0] == 200, node)
        self.assertEqual(await room.request("add", 5), 9)
        self.assertEqual(node.asked()[0], 200)
        node.kill()
        await self.up(node)
        await self.back(room, node)
        self.assertEqual(await room.request("add", 1), 10)

    def command(self, work: Any) -> Deferred[Any]:
        """Start a command."""
        return Deferred.fromCoroutine(work)

    async def test_full_file(self) -> None:
        """SQLite may have no more pages for a while."""
        node = self.node()
        full = node.folder / "full"
        await self.survives(node, full.touch, full.unlink)

    async def test_full_server(self) -> None:
        """PostgreSQL has no space left on its device for a while."""
        cluster = Cluster(fsync=True)
        cluster.create()
        self.addCleanup(cluster.destroy)
        url = url_of(cluster)
        name = url.partition("?")[0].rpartition("/")[2]

        def fill() -> None:
            cluster.run(_FILL, name)
            cluster.run(_TRIGGER, name)

        await self.survives(
            self.node(database=url),
            fill,
            lambda: cluster.run("DROP TRIGGER fill ON journal", name),
        )

    test_full_server.skip = missing_postgres()  # type: ignore[attr-defined]  # trial looks here
