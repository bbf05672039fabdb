"""The PostgreSQL server stops, dies and falls silent, and nothing confirmed is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from tests import PROFILE
from tests.scenario.kill.killer import Killer
from tests.scenario.kill.stage import make_cluster, make_story, tell, url_of
from tests.scenario.kill.story import Story
from tests.support.postgres import Cluster, missing_postgres

#: How often each of it happens.
ROUNDS: Final = 6 if PROFILE == "soak" else 1

_SILENCE: Final = 5.0

_END_ALL: Final = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
)


class ServerTests(TestCase):
    timeout = 60 + 60 * ROUNDS

    if reason := missing_postgres():
        skip = reason

    async def begin(self) -> tuple[Killer, Cluster]:
        """Let clients play on a server."""
        cluster = make_cluster(self)
        self.addCleanup(cluster.resume)
        story = make_story(self, url_of(cluster))
        await story.begin()
        return Killer(story), cluster

    async def end(self, killer: Killer) -> None:
        """Demand that all is as it has to be."""
        complaints = await killer.story.finish()

        tell(killer)
        self.assertEqual(complaints, [])

    async def away(
        self,
        story: Story,
        end: Callable[[], Any],
        begin: Callable[[], Any],
        seconds: float,
    ) -> None:
        """Let the server be away for a time, in which Rooms play on."""
        await story.enough()
        returns = sum(each.returns for each in story.players)
        await deferToThread(end)
        answers = story.answers("saved")
        await story.sleep(seconds)
        self.assertGreater(story.answers("saved"), answers)
        await deferToThread(begin)
        story.count_anew()
        await story.enough()
        self.assertEqual(sum(each.returns for each in story.players), returns)

    async def test_server_that_ends_loses_nothing(self) -> None:
        """A server may be stopped or killed: Rooms play on until it is there again."""
        killer, cluster = await self.begin()
        story = killer.story
        for _ in range(ROUNDS):
            await self.away(story, cluster.stop, cluster.start, 0.3)
            await self.away(story, cluster.kill, cluster.start, 1.0)
            await self.away(story, cluster.shut_down, cluster.start, 1.0)
            await killer.kill()
        await self.end(killer)

    async def test_connections_that_end_lose_nothing(self) -> None:
        """A server may end connections at any time."""
        killer, cluster = await self.begin()
        story = killer.story
        for _ in range(5 * ROUNDS):
            await story.enough()
            await deferToThread(cluster.run, _END_ALL)
            story.count_anew()
        await killer.kill()
        await self.end(killer)

    async def test_silence_loses_nothing(self) -> None:
        """A server may say nothing for a while."""
        killer, cluster = await self.begin()
        story = killer.story
        for _ in range(ROUNDS):
            await self.away(story, cluster.pause, cluster.resume, _SILENCE)
            await killer.kill()
        await self.end(killer)

    async def test_node_that_dies_without_its_server_keeps_what_it_confirmed(
        self,
    ) -> None:
        """A Node may be killed while the server is away, and come before it is back."""
        killer, cluster = await self.begin()
        story = killer.story
        for _ in range(ROUNDS):
            for end, begin in (
                (cluster.pause, cluster.resume),
                (cluster.kill, cluster.start),
            ):
                await story.enough()
                await deferToThread(end)
                await story.sleep(0.5)
                # What a `saved` Room did since then is nowhere but in the Node.
                await story.killed(allowance=float("inf"))
                story.node.start()
                await story.sleep(1.0)
                await deferToThread(begin)
                await story.together()
                story.count_anew()
        await self.end(killer)
