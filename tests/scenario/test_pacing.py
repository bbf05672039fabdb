"""Clients on slow networks, in Rooms where much happens: real sockets, and a proxy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase
from typing_extensions import override

from nexus.client import Client, Room
from nexus.client.installed import installed_reactor
from tests.scenario.client.network import Network
from tests.scenario.pacing import TICKS
from tests.scenario.sdk.story import casts, launch, until
from tests.support.daemon import Daemon
from tests.support.proxy import shared_proxy

_APP: Final = "tests.scenario.pacing"
#: What comes down: 64 kbit/s.
_RATE: Final = 8000.0
#: How long a byte takes each way, in seconds; `bench/pacing.py` takes twice that.
_DELAY: Final = 0.15
#: The sockets of the proxy take so many bytes in before they are read.
_WINDOW: Final = 4096
#: So many looks at what is to come true, each after one tick.
_PATIENCE: Final = 1200


def _sleep(seconds: float) -> Deferred[None]:
    return deferLater(installed_reactor(), seconds, lambda: None)


class PacingTests(TestCase):
    timeout = 120

    @override
    def setUp(self) -> None:
        """Start a Node, and a network that takes little."""
        self.node = launch(_APP)
        self.addCleanup(self.node.process.wait)
        self.addCleanup(self.node.process.kill)
        port = urlsplit(self.node.url()).port
        assert port is not None
        self.lane = shared_proxy().open(port, window=_WINDOW)
        self.addCleanup(self.lane.close)
        self.lane.shape("down", delay=_DELAY, rate=_RATE)
        self.lane.shape("up", delay=_DELAY)

    async def enter(self, kind: str) -> tuple[Room, Room]:
        """Let a client in that is near, and one with a slow network."""
        near = await Client(self.node.url()).create(kind)
        await near.ready()
        self.addCleanup(near.leave)
        slow = Client(f"http://127.0.0.1:{self.lane.port}")
        far = await slow.join_by_id(near.room_id)
        self.addCleanup(far.leave)
        await far.ready()
        return near, far

    async def until(self, found: Callable[[], bool]) -> None:
        """Wait until something is true."""
        for _ in range(_PATIENCE):
            if found():
                return
            await _sleep(0.05)
        self.fail("it never came true")

    async def test_crowd(self) -> None:
        """Little waits on the way, what it follows is fresh, and in the end all is."""
        near, far = await self.enter("market")
        me = far.session_id
        begin = near.state.tick + 5 * TICKS
        await self.until(lambda: near.state.tick > begin)
        await near.request("measure")
        late: list[int] = []
        held: list[int] = []
        end = begin + 5 * TICKS
        stop = near.on(
            "state",
            lambda _: late.append(near.state.tick - far.state.players[me].tick),
        )
        while near.state.tick < end:
            held.append(self.lane.counts()[-1].down_held)
            await _sleep(0.1)
        stop()
        waiting, outstanding = await near.request("measure")
        how = await near.request("look", me)
        late.sort()

        near.send("stop")
        await self.until(lambda: near.state.stopped > 0)
        await self.until(lambda: self.crowd(far) == self.crowd(near))
        took = far.state.tick - near.state.stopped

        self.assertTrue(how["slow"])
        # What is under way for the delay, and what waits for half a second.
        self.assertLess(max(held) + waiting, 2 * _RATE)
        self.assertLess(outstanding, 2 * _RATE)
        # One time in twenty may be the fault of the machine that tests.
        self.assertLessEqual(late[len(late) * 19 // 20], TICKS)
        self.assertLessEqual(took, 3 * TICKS)

    def crowd(self, room: Room) -> dict[int, tuple[Any, ...]]:
        """Return whom a client sees."""
        npcs = room.state.npcs
        return {id_: (row.x, row.y, row.mood) for id_, row in npcs.items()}

    async def test_without_a_space(self) -> None:
        """A Map that changes all the time is told in sums, and right in the end."""
        near, far = await self.enter("ladder")
        begin = near.state.tick + 4 * TICKS
        await self.until(lambda: near.state.tick > begin)
        how = await near.request("look", far.session_id)

        near.send("stop")
        await self.until(lambda: near.state.stopped > 0)
        stopped = near.state.stopped
        wanted = dict(near.state.points)
        await self.until(lambda: far.state.stopped == stopped)

        self.assertEqual(dict(far.state.points), wanted)
        self.assertLessEqual(far.state.tick - stopped, 3 * TICKS)
        self.assertGreater(how["skipped"], 0)


class Slowness(Network):
    @property
    @override
    def node(self) -> Daemon:
        """The Node in whose Rooms much happens."""
        return self._node

    @override
    def setUp(self) -> None:
        """Start a Node for this test alone, behind a network that takes little."""
        self._node = launch(_APP)
        self.addCleanup(self._node.process.wait)
        self.addCleanup(self._node.process.kill)
        super().setUp()
        self.lane.shape("down", delay=_DELAY, rate=_RATE)
        self.lane.shape("up", delay=_DELAY)


class PlainSlowness(Slowness):
    def test_sdk(self) -> None:
        """An official SDK is sent whole States while it lags, and is right at last."""
        port = self.port(self.node)
        endpoint = self.endpoint.replace(f":{port}", f":{self.lane.port}")
        bot = self.keep(self.sdk.join(endpoint, "dice", "create"))
        until(lambda: (bot.state() or {"tick": 0})["tick"] > 4 * TICKS)
        self.assertGreater(bot.exchange("tell")["skipped"], 0)
        # At the proxy and before it: no more than the Node sends until it notices.
        self.assertLess(self.lane.counts()[-1].down_held, 10 * _RATE)

        bot.send("stop")

        until(lambda: bot.state()["stopped"] > 0)
        wanted = bot.exchange("points")
        self.assertEqual(len(wanted), 200)
        self.assertEqual(until(lambda: bot.state()["points"], wanted), wanted)


class OurSlowness(Slowness):
    def test_javascript(self) -> None:
        """A client in a browser's language is told in sums as well, and right."""
        bot = self.enter("ladder", silence=30_000)
        until(lambda: (bot.state() or {"tick": 0})["tick"] > 5 * TICKS)
        self.assertGreater(bot.request("look", "")["skipped"], 0)

        bot.send("stop")

        until(lambda: bot.state()["stopped"] > 0)
        state = bot.state()
        self.assertEqual(set(state["points"].values()), {1000 + state["stopped"]})


globals().update(casts(__name__, [OurSlowness], ["nexus"]))
globals().update(casts(__name__, [PlainSlowness], ["16", "17", "18"]))
