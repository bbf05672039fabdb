"""A Node is killed again and again, and nothing that it confirmed is lost."""

from __future__ import annotations

import os
from typing import Final

from twisted.trial.unittest import TestCase

from tests import PROFILE
from tests.scenario.kill.killer import Killer
from tests.scenario.kill.stage import make_cluster, make_story, tell, url_of
from tests.scenario.kill.tally import shortfall
from tests.support.postgres import missing_postgres

#: How often each Node is killed.
KILLS: Final = int(os.environ.get("NEXUS_KILLS") or (30 if PROFILE == "soak" else 5))


class KillTests(TestCase):
    timeout = 60 + 20 * KILLS

    async def play(self, database: str) -> None:
        """Play the story on one database."""
        story = make_story(self, database)
        killer = Killer(story)
        await story.begin()
        # Nobody can choose what is unanswered at a moment inside of a commit.
        while len(killer.kills) < KILLS and killer.idle <= KILLS // 2:
            await killer.kill()
        complaints = await story.finish()

        tell(killer)
        self.assertEqual(complaints, [])
        self.assertEqual(shortfall(killer.kills, KILLS, killer.doubles), [])

    async def test_sqlite_keeps_what_was_confirmed(self) -> None:
        """Rooms in a file go on after each kill, with all that was confirmed."""
        await self.play("sqlite:///kept.db")

    async def test_postgres_keeps_what_was_confirmed(self) -> None:
        """Rooms on a server go on after each kill, with all that was confirmed."""
        await self.play(url_of(make_cluster(self)))

    test_postgres_keeps_what_was_confirmed.skip = missing_postgres()  # type: ignore[attr-defined]  # trial looks here

    async def test_stop_can_be_cut_short(self) -> None:
        """A Node that is killed while it stops loses no more than any other."""
        story = make_story(self, "sqlite:///kept.db")
        killer = Killer(story)
        await story.begin()
        for _ in range(KILLS):
            await killer.cut_short()
        complaints = await story.finish()

        tell(killer)
        self.assertEqual(complaints, [])
        self.assertGreater(killer.cuts, 0)

    async def test_stop_can_be_hurried(self) -> None:
        """A Node that is told twice to stop ends at once, and loses no more."""
        story = make_story(self, "sqlite:///kept.db")
        killer = Killer(story)
        await story.begin()
        for _ in range(KILLS):
            await killer.hurry()
        complaints = await story.finish()

        tell(killer)
        self.assertEqual(complaints, [])
        self.assertGreater(killer.cuts, 0)
