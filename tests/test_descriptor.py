"""Tests of `nexus.descriptor`."""

from __future__ import annotations

import resource

from twisted.logger import globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from nexus.descriptor import Descriptors


class DescriptorsTests(SynchronousTestCase):
    @override
    def setUp(self) -> None:
        """Leave the limit of this process alone."""
        self.limit = (1_024, 4_096)
        self.fails = False
        self.patch(resource, "getrlimit", lambda _: self.limit)
        self.patch(resource, "setrlimit", self.set_limit)
        self.warnings: list[str] = []
        globalLogPublisher.addObserver(self.hear)
        self.addCleanup(globalLogPublisher.removeObserver, self.hear)

    def set_limit(self, what: int, limit: tuple[int, int]) -> None:
        """Take a limit as the system would."""
        self.assertEqual(what, resource.RLIMIT_NOFILE)
        if self.fails:
            raise ValueError("not allowed to raise maximum limit")
        self.limit = limit

    def hear(self, event: dict[str, object]) -> None:
        """Note what is logged."""
        if "files open" in str(event.get("log_format")):
            self.warnings.append(str(event["fit"]))

    def test_limit_is_raised_as_far_as_it_has_to_be(self) -> None:
        """A process asks for what its connections need, and for no more."""
        Descriptors(2_000).startService()

        self.assertEqual(self.limit, (2_100, 4_096))
        self.assertEqual(self.warnings, [])

    def test_enough_is_left_alone(self) -> None:
        """A limit that is high enough is not touched, nor is one that is infinite."""
        for limit in ((9_000, 9_000), (resource.RLIM_INFINITY, resource.RLIM_INFINITY)):
            self.limit = limit

            Descriptors(8_900).startService()

            self.assertEqual(self.limit, limit)
        self.assertEqual(self.warnings, [])

    def test_too_few_are_told_of(self) -> None:
        """Where an administrator set less, as much is asked for, and that is said."""
        Descriptors(20_000).startService()

        self.assertEqual(self.limit, (4_096, 4_096))
        self.assertEqual(self.warnings, ["3996"])

    def test_infinite_bound_is_no_hindrance(self) -> None:
        """Where there is no bound, what is needed is asked for."""
        self.limit = (256, resource.RLIM_INFINITY)

        Descriptors(20_000).startService()

        self.assertEqual(self.limit, (20_100, resource.RLIM_INFINITY))

    def test_refusal_stops_nothing(self) -> None:
        """A system that refuses leaves a Node with what it had, and a warning."""
        self.fails = True

        Descriptors(2_000).startService()

        self.assertEqual(self.limit, (1_024, 4_096))
        self.assertEqual(self.warnings, ["924"])
