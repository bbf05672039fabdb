"""Plays the bank in memory: `python -m unittest examples.bank.test_bank`."""

from __future__ import annotations

from unittest import TestCase

from examples.bank import app
from nexus.testing import Harness, RequestError


class BankTests(TestCase):
    def test_money_moves(self) -> None:
        """What one account loses the other gets, and both clients see it."""
        with Harness(app) as house:
            ada = house.visitor("ada").join_or_create("bank", name="Ada")
            bob = house.visitor("bob").join_or_create("bank", name="Bob")

            left = ada.request("transfer", {"to": "Bob", "amount": 30})
            house.tick()

            self.assertEqual(left, 70)
            self.assertEqual(bob.state.accounts["Ada"].balance, 70)
            self.assertEqual(ada.state.accounts["Bob"].balance, 130)

    def test_refused_transfer_takes_nothing(self) -> None:
        """Money for somebody who is not there is put back, and nobody sees it move."""
        with Harness(app) as house:
            ada = house.visitor("ada").join_or_create("bank", name="Ada")

            with self.assertRaises(RequestError):
                ada.request("transfer", {"to": "Eve", "amount": 30})
            house.tick()

            self.assertEqual(ada.state.accounts["Ada"].balance, 100)
            self.assertEqual(ada.state.transfers, 0)

    def test_nobody_pays_what_they_have_not(self) -> None:
        """A transfer beyond the balance is refused with the balance."""
        with Harness(app) as house:
            ada = house.visitor("ada").join_or_create("bank", name="Ada")
            house.visitor("bob").join_or_create("bank", name="Bob")

            with self.assertRaises(RequestError):
                ada.request("transfer", {"to": "Bob", "amount": 101})
            house.tick()

            self.assertEqual(ada.state.accounts["Bob"].balance, 100)

    def test_account_outlives_the_client(self) -> None:
        """Who comes again has what they left."""
        with Harness(app) as house:
            ada = house.visitor("ada").join_or_create("bank", name="Ada")
            house.visitor("bob").join_or_create("bank", name="Bob")
            ada.request("transfer", {"to": "Bob", "amount": 30})
            ada.leave()

            again = house.visitor("ada again").join_or_create("bank", name="Ada")

            self.assertEqual(again.state.accounts["Ada"].balance, 70)

    def test_crash_loses_nothing_that_was_answered(self) -> None:
        """When the Node died, both are back, and each has what was agreed."""
        with Harness(app) as house:
            ada = house.visitor("ada").join_or_create("bank", name="Ada")
            bob = house.visitor("bob").join_or_create("bank", name="Bob")
            left = ada.command("transfer", {"to": "Bob", "amount": 30})

            house.crash(away=5)
            ada.rejoin()
            bob.rejoin()
            house.tick()

            self.assertEqual(left, 70)
            self.assertEqual(bob.state.accounts["Ada"].balance, 70)
            self.assertEqual(bob.command("transfer", {"to": "Ada", "amount": 1}), 129)

    def test_empty_bank_sleeps_and_wakes(self) -> None:
        """Nobody is there for hours; who comes then finds the money."""
        with Harness(app) as house:
            ada = house.visitor("ada").join_or_create("bank", name="Ada")
            house.visitor("bob").join_or_create("bank", name="Bob").leave()
            ada.command("transfer", {"to": "Bob", "amount": 30})
            ada.leave()
            house.advance(7200)
            asleep = not house.rooms

            bob = house.visitor("bob again").join_or_create("bank", name="Bob")

            self.assertTrue(asleep)
            self.assertEqual(bob.state.accounts["Bob"].balance, 130)

    def test_nobody_joins_without_a_name(self) -> None:
        """A name is text of 1 to 20 characters."""
        with Harness(app) as house:
            visitor = house.visitor("nobody")

            for name in ("", "x" * 21, 7):
                with self.assertRaises(Exception) as caught:
                    visitor.join_or_create("bank", name=name)
                self.assertIn("1 to 20 characters", str(caught.exception))
