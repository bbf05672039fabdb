"""Tests of `nexus.room.turn`."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from nexus.room.turn import Turns


class TurnsTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Make turns, and a list of what was done."""
        self.turns = Turns()
        self.done: list[int] = []

    def test_outside_of_a_turn_nothing_waits(self) -> None:
        """When no code of the author's runs, what comes after comes now."""
        self.turns.after(lambda: self.done.append(1))

        self.assertEqual(self.done, [1])

    def test_what_was_put_off_follows_the_outermost_turn(self) -> None:
        """Turns inside of turns end nothing."""
        self.turns.begin()
        self.turns.after(lambda: self.done.append(1))
        self.turns.begin()
        self.turns.after(lambda: self.done.append(2))
        self.turns.end()
        self.assertEqual(self.done, [])

        self.turns.end()

        self.assertEqual(self.done, [1, 2])

    def test_what_runs_as_a_turn(self) -> None:
        """A call is a turn, whether it returns or raises."""
        self.assertEqual(self.turns.run(lambda each: each + 1, 4), 5)

        def fail() -> None:
            self.turns.after(lambda: self.done.append(2))
            self.done.append(1)
            raise ValueError("no")

        self.assertRaises(ValueError, self.turns.run, fail)

        self.assertEqual(self.done, [1, 2])

    def test_what_follows_may_have_turns_of_its_own(self) -> None:
        """However much is put off, it is done one after the other, not nested."""

        def follow(number: int) -> None:
            self.turns.begin()
            if number < 5_000:
                self.turns.after(lambda: follow(number + 1))
            self.turns.end()
            self.done.append(number)

        self.turns.begin()
        self.turns.after(lambda: follow(1))
        self.turns.end()

        self.assertEqual(self.done, list(range(1, 5_001)))

    def test_what_fails_does_not_keep_later_turns_from_ending(self) -> None:
        """After an error the next turn does what is left."""

        def fail() -> None:
            raise ValueError("no")

        self.turns.begin()
        self.turns.after(fail)
        self.turns.after(lambda: self.done.append(2))
        self.assertRaises(ValueError, self.turns.end)

        self.turns.begin()
        self.turns.end()

        self.assertEqual(self.done, [2])
