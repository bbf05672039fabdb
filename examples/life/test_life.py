"""Plays the country in memory: `python -m unittest examples.life.test_life`."""

from __future__ import annotations

from typing import Any
from unittest import TestCase

import numpy as np

from examples.life.day import DAY, Day, needs
from examples.life.ground import build, settle
from examples.life.rooms import Country
from examples.life.world import SIDE, Building, Doing
from nexus.sim.level import Level
from nexus.sim.life import Life
from nexus.testing import Guest, Harness, RequestError

_PEOPLE = 2500


class Hamlet(Country):
    """A country of few people."""

    people = 600


def country_of(guest: Guest) -> Hamlet:
    """Return the Room that somebody watches."""
    room = guest.room.room
    assert isinstance(room, Hamlet)
    return room


def people() -> tuple[Day, dict[str, Any]]:
    """Settle people; return what leads them, and their columns."""
    random = np.random.default_rng(3)
    sites, places = build(_PEOPLE, random)
    x, y, building, _ = places.T
    columns = settle(sites, random)
    home = columns["home"]
    values = {
        **columns,
        "x": x[home].astype(np.float32),
        "y": y[home].astype(np.float32),
        "doing": np.zeros(_PEOPLE, np.uint8),
        "rest": np.zeros(_PEOPLE, np.float32),
        "activity": np.zeros(_PEOPLE, np.uint8),
    }
    return Day(x, y, building.astype(np.uint8)), values


def near_home(day: Day, values: dict[str, Any]) -> Any:
    """Tell who is at home."""
    x, y = (places[values["home"]] for places in (day._x, day._y))
    return np.hypot(values["x"] - x, values["y"] - y) < 12


class GroundTests(TestCase):
    def test_everybody_has_places(self) -> None:
        """All people live in a town, and their places are what they are for."""
        random = np.random.default_rng(1)

        sites, places = build(_PEOPLE, random)
        columns = settle(sites, random)

        self.assertEqual(sum(site.people for site in sites), _PEOPLE)
        self.assertEqual(len(columns["home"]), _PEOPLE)
        kinds = [*Building]
        for name, wanted in (
            ("home", {Building.HOME}),
            ("work", {Building.WORK}),
            ("inn", {Building.INN}),
            ("park", {Building.PARK, Building.GREEN}),
        ):
            built = {kinds[int(kind)] for kind in places[columns[name], 2]}
            self.assertEqual(built, wanted)


class DayTests(TestCase):
    def test_people_sleep_at_night_and_work_by_day(self) -> None:
        """At three nearly all sleep at home; at eleven most are at work."""
        day, values = people()
        random = np.random.default_rng(1)

        day.now = 3 / 24 * DAY
        day.leap(values, np.full(_PEOPLE, DAY), random)
        asleep = values["doing"] == list(Doing).index(Doing.SLEEP)
        self.assertGreater(asleep.mean(), 0.95)
        self.assertGreater(near_home(day, values)[asleep].mean(), 0.9)

        day.now = 11 / 24 * DAY
        day.leap(values, np.full(_PEOPLE, 8 / 24 * DAY), random)
        works = values["doing"] == list(Doing).index(Doing.WORK)
        self.assertGreater(works.mean(), 0.95)
        self.assertLess(near_home(day, values).mean(), 0.2)

    def test_who_was_away_is_where_they_would_be(self) -> None:
        """A leap over hours ends about where all the steps do."""
        (day, stepped), (_, leapt) = people(), people()
        random = np.random.default_rng(1)
        for values in (stepped, leapt):
            day.now = 6 / 24 * DAY
            day.leap(values, np.full(_PEOPLE, DAY), random)

        for _ in range(2000):
            day.now += 0.1
            day.step(stepped, 0.1, random)
        day.leap(leapt, np.full(_PEOPLE, 200.0), random)

        for name in ("doing", "rest"):
            np.testing.assert_array_equal(stepped[name], leapt[name])
        for name in ("x", "y"):
            gap = np.abs(np.sort(stepped[name]) - np.sort(leapt[name]))
            self.assertLess(gap.mean(), 0.01 * SIDE)

    def test_needs_and_day_are_one_life(self) -> None:
        """The needs and the day write to different columns."""
        day, _ = people()

        life = Life(needs(), day)

        self.assertLessEqual({"x", "y", "doing", "food"}, {*life.writes})


class CountryTests(TestCase):
    def test_levels_follow_the_camera(self) -> None:
        """Where somebody looks people are run in full, and nobody gets lost."""
        with Harness(Hamlet) as house:
            ada = house.join_or_create()
            country = country_of(ada)
            one, other = country.state.towns[:2]
            regions = country.population.regions

            for town in (one, other, one):
                ada.send("look", {"x": town.x, "y": town.y, "radius": 100})
                house.advance(12)

                here = regions.tiling.cell(town.x, town.y)
                self.assertEqual(regions.levels[here], Level.FULL)
                self.assertEqual(len(country.population), country.people)
                self.assertEqual(regions.placement.counts.sum(), country.people)

            away = regions.tiling.cell(other.x, other.y)
            self.assertEqual(regions.levels[away], Level.AGGREGATE)

    def test_client_is_told_who_is_near(self) -> None:
        """A client is told of people around its camera, and of none from high above."""
        with Harness(Hamlet) as house:
            ada = house.join_or_create()
            country = country_of(ada)
            town = country.state.towns[0]
            self.assertEqual(len(ada.state.people), 0)

            ada.send("look", {"x": town.x, "y": town.y, "radius": 100})
            house.advance(0.6)
            held = len(ada.state.people)
            self.assertGreater(held, 50)
            self.assertLess(held, country.people)
            x, y = (np.array(ada.state.people.column(name)) for name in ("x", "y"))
            self.assertLess(np.hypot(x - town.x, y - town.y).max(), 400)
            self.assertEqual(ada.messages("cells")[-1]["every"][:1], b"\x01")

            ada.send("look", {"x": town.x, "y": town.y, "radius": 0})
            house.advance(0.6)
            self.assertEqual(len(ada.state.people), 0)

    def test_who_returns_sees_on(self) -> None:
        """A lost client comes back to where it looked."""
        with Harness(Hamlet) as house:
            ada = house.join_or_create()
            town = country_of(ada).state.towns[0]
            ada.send("look", {"x": town.x, "y": town.y, "radius": 100})
            house.advance(0.6)
            before = {*ada.state.people}

            ada.drop()
            house.advance(2)
            ada.rejoin()
            house.advance(0.6)

            self.assertGreater(len(before & {*ada.state.people}), 0.8 * len(before))

    def test_map_shows_everybody(self) -> None:
        """Who looks from above is told how many there are in each Region."""
        with Harness(Hamlet) as house:
            ada = house.join_or_create()
            ada.send("look", {"x": 10, "y": 10, "radius": 0})
            house.advance(4)

            report = ada.messages("report")[-1]

            counts = np.frombuffer(report["counts"], "<u2")
            self.assertEqual(counts.sum(), Hamlet.people)
            food = np.frombuffer(report["food"], np.uint8)[counts > 0] / 255
            self.assertTrue(((food > 0.2) & (food <= 1)).all())
            self.assertEqual((report["people"], report["full"]), (Hamlet.people, 0))

    def test_nobody_looks_farther_than_allowed(self) -> None:
        """A camera that would show the whole country at once is refused."""
        with Harness(Hamlet) as house:
            ada = house.join_or_create()

            with self.assertRaises(RequestError) as caught:
                ada.request("look", {"x": 0, "y": 0, "radius": SIDE})

            self.assertEqual(caught.exception.name, "invalid_payload")
