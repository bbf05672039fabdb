"""The country of `examples.life`, watched over real sockets."""

from __future__ import annotations

from time import process_time
from typing import Any

import numpy as np
from twisted.python.log import msg
from twisted.trial.unittest import TestCase
from typing_extensions import override

from examples.life import Country
from nexus import App
from nexus.client import Client, Setting
from nexus.config import Config
from nexus.service import Listener, make_node
from tests.net.loopback import REACTOR, until


class Watched(Country):
    """A country that its test gets hold of, and that says what it costs."""

    made: list[Watched] = []  # noqa: RUF012  # emptied by each test

    @override
    def on_create(self, options: Any) -> None:
        """Found it, and be found."""
        super().on_create(options)
        self.spent: list[float] = []
        self.made.append(self)

    @override
    def step(self, step: Any) -> None:
        """Take note of how much a tick takes of a processor."""
        begun = process_time()
        super().step(step)
        self.spent.append(process_time() - begun)


class CountrySocketTests(TestCase):
    timeout = 60

    @override
    def setUp(self) -> None:
        """Start a Node."""
        Watched.made.clear()
        app = App()
        app.define("life", Watched)
        config = Config(
            host="127.0.0.1",
            port=0,
            listen="tcp:0:interface=127.0.0.1",
            log_level="info",
        )
        node: Any = make_node(config, app, reactor=REACTOR, clock=REACTOR)
        node.privilegedStartService()
        node.startService()
        self.addCleanup(node.stopService)
        [listener] = [each for each in node if isinstance(each, Listener)]
        assert listener._port is not None
        port = listener._port.getHost().port  # type: ignore[attr-defined]  # an IPv4 address
        self.client = Client(f"ws://127.0.0.1:{port}", setting=Setting(timeout=10.0))

    async def test_camera_sees_people_move(self) -> None:
        """Who looks at a town sees people walk; who pans sees others; all live on."""
        room = await self.client.join_or_create("life")
        reports: list[Any] = []
        room.on_message("report", reports.append)
        for name in ("ground", "cells"):
            room.on_message(name, lambda _: None)
        await room.ready()
        [country] = Watched.made
        one, other = sorted(country.state.towns, key=lambda town: -town.people)[:2]

        def held() -> dict[int, tuple[float, float]]:
            rows = room.state.people
            places = zip(rows.column("x"), rows.column("y"), strict=True)
            return dict(zip(rows.ids(), places, strict=True))

        def around(town: Any) -> dict[int, tuple[float, float]]:
            return {
                id_: at
                for id_, at in held().items()
                if np.hypot(at[0] - town.x, at[1] - town.y) < 100
            }

        room.send("look", {"x": one.x, "y": one.y, "radius": 120})
        await until(lambda: len(around(one)) > 100)
        first = held()
        await until(
            lambda: sum(held().get(id_, at) != at for id_, at in first.items()) > 50
        )
        room.send("look", {"x": other.x, "y": other.y, "radius": 120})
        await until(lambda: len(around(other)) > 100 and not around(one))
        room.send("look", {"x": other.x, "y": other.y, "radius": 0})
        await until(lambda: not held())

        self.assertLess(len({*first}), country.people)
        self.assertEqual(reports[-1]["people"], country.people)
        counts = country.population.regions.placement.counts
        self.assertEqual(int(counts.sum()), country.people)
        self.assertEqual(len(country.state.people), country.people)
        spent = sorted(country.spent)
        msg(f"a tick took {spent[len(spent) // 2] * 1000:.2f} ms of a processor")
        await room.leave()
