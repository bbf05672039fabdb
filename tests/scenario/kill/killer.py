"""The killer: kills the Node of a story at moments that it chooses."""

from __future__ import annotations

import signal

from attrs import define, field

from tests.scenario.kill.story import ROOMS, Story
from tests.scenario.kill.tally import (
    UNANSWERED,
    Kill,
    is_within_commit,
    next_aim,
    next_point,
)
from tests.scenario.kill.trap import COMMITS, RESTORES, arm, disarm, marks

__all__ = ["Killer"]


@define(eq=False)
class Killer:
    """Kills, and counts.

    Attributes:
        story: Whose Node.
        kills: What they came with.
        doubles: More kills, of a Node that came back from one.
        cuts: How often it was killed, or hurried, while it stopped.
        idle: How many kills came, by chance, when too little was unanswered; they are
            none of `kills`, and what was confirmed before them is checked all the same.
    """

    story: Story
    kills: list[Kill] = field(factory=list, init=False)
    doubles: list[Kill] = field(factory=list, init=False)
    cuts: int = field(default=0, init=False)
    idle: int = field(default=0, init=False)

    async def kill(self) -> None:
        """Kill the Node once, start it again, and wait until all clients are back."""
        story = self.story
        aim = next_aim(self.kills)
        await story.enough()
        await story.sleep(story.random.uniform(0.0, 0.6))
        marks(story.node.folder)
        if aim == "random":
            where, unanswered = await self._at_random()
        elif aim == "commit":
            where, unanswered = await self._in_commit(next_point(COMMITS, self.kills))
        else:
            await story.stopped()
            where, unanswered = await self._in_restore()
        if unanswered < UNANSWERED:
            self.idle += 1
        else:
            number, confirmed = len(self.kills) + 1, story.fresh
            self.kills.append(Kill(number, where, unanswered, confirmed))
        if aim == "commit" or (aim == "random" and story.random.random() < 0.5):
            where, unanswered = await self._in_restore()
            self.doubles.append(Kill(len(self.kills), where, unanswered, story.fresh))
        await self._go_on()

    async def cut_short(self) -> None:
        """Ask the Node to stop, and kill it while it does, or shortly after."""
        story = self.story
        await story.enough()
        story.node.terminate()
        await story.sleep(story.random.uniform(0.0, 0.1))
        self.cuts += not story.node.is_dead
        await story.killed()
        await self._go_on()

    async def hurry(self) -> None:
        """Ask the Node to stop, and ask again while it does, or shortly after."""
        story = self.story
        await story.enough()
        story.node.terminate()
        await story.sleep(story.random.uniform(0.0, 0.1))
        await story.hurried()
        self.cuts += story.node.status == 128 + signal.SIGTERM
        await self._go_on()

    async def _go_on(self) -> None:
        disarm(self.story.node.folder)
        self.story.count_anew()
        self.story.node.start()
        await self.story.together()

    async def _at_random(self) -> tuple[str, int]:
        story = self.story
        await story.until(lambda: story.unanswered() >= UNANSWERED, "orders wait")
        unanswered = story.unanswered()
        await story.killed()
        names = [mark.name for mark in marks(story.node.folder)]
        where = "commit, by chance" if is_within_commit(names) else "anywhere"
        return where, unanswered

    async def _in_commit(self, point: str) -> tuple[str, int]:
        random = self.story.random
        delay = random.uniform(0.0, 0.0015) if point == "begun" else 0.0
        arm(self.story.node.folder, point, random.randrange(1, 4), delay)
        return await self._trapped()

    async def _in_restore(self) -> tuple[str, int]:
        number = self.story.random.randrange(1, len(ROOMS) + 1)
        point = next_point(RESTORES, [*self.kills, *self.doubles])
        arm(self.story.node.folder, point, number)
        self.story.node.start()
        return await self._trapped()

    async def _trapped(self) -> tuple[str, int]:
        """Wait until the Node ran into a trap; returns where, and what was open."""
        story = self.story
        await story.until(lambda: story.node.is_dead, "the node is in the trap")
        passed = marks(story.node.folder)
        last = passed[-1]
        unanswered = story.unanswered(last.at)
        story.ended(last.at)
        names = [mark.name for mark in passed[:-1]]
        point = last.name.removeprefix("kill-")
        if point in RESTORES:
            return f"restore, {point}", unanswered
        if point != "begun" or is_within_commit(names):
            return f"commit, {point}", unanswered
        return f"behind a commit, {point}", unanswered
