"""What the tests of this package need to play a story, and to print how it went."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from random import SystemRandom

from twisted.trial.unittest import TestCase

from nexus.client.installed import installed_reactor
from tests import PROFILE, TOLD
from tests.scenario.kill.killer import Killer
from tests.scenario.kill.node import Node
from tests.scenario.kill.story import ALLOWANCE, Story
from tests.scenario.kill.tally import table
from tests.support.postgres import Cluster

__all__ = ["make_cluster", "make_story", "tell", "url_of"]


def make_story(test: TestCase, database: str) -> Story:
    """Make a story that ends with a test; `NEXUS_SEED` says which.

    Without that it is always the same in the profile `test`, and another one in `soak`.
    """
    seed = os.environ.get("NEXUS_SEED")
    if seed is None:
        seed = "5" if PROFILE == "test" else str(SystemRandom().getrandbits(32))
    folder = Path(test.mktemp())
    folder.mkdir()
    story = Story(
        node=Node(folder, database), reactor=installed_reactor(), seed=int(seed)
    )
    test.addCleanup(story.close)
    return story


def make_cluster(test: TestCase) -> Cluster:
    """Make a server that keeps what it committed, as a Node demands."""
    cluster = Cluster(fsync=True)
    test.addCleanup(cluster.destroy)
    cluster.create()
    return cluster


def url_of(cluster: Cluster) -> str:
    """Make a database, and write down where it is."""
    where = cluster.database()
    return f"postgresql://{where.user}@:{where.port}/{where.database}?host={where.host}"


def tell(killer: Killer) -> None:
    """Print what the kills came with."""
    story = killer.story
    ages = [each.age for each in story.checker.forgotten]
    lines = [
        "",
        *table(killer.kills),
        f"seed {story.seed}: {len(killer.kills)} kills, {killer.idle} that met"
        f" too few orders, {len(killer.doubles)} more in the"
        f" restore behind one, {killer.cuts} while it stopped;"
        f" {story.confirmed} confirmed, {story.checker.states} states seen,"
        f" {sum(each.returns for each in story.players)} returns; saved rooms forgot"
        f" {len(ages)}, the oldest {max(ages, default=0):.3f} s old, of {ALLOWANCE} s",
    ]
    said = "\n".join(lines) + "\n"
    if TOLD in os.environ:
        with Path(os.environ[TOLD]).open("a") as told:
            told.write(said)
    else:
        sys.stdout.write(said)
