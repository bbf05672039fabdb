"""Tests of `nexus.match.keeper.founding`: how many Rooms are kept, and their codes."""

from __future__ import annotations

from typing import Any

from twisted.logger import globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from nexus.app import App
from nexus.archive.port import Card
from nexus.errors import Code, Refused
from nexus.limit import Limits
from nexus.match.keeper.founding import _CODES
from nexus.store.port import Conflict, StoreError
from nexus.testing import Harness
from tests.room.bank import Bank


class FoundingTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Listen to what the log tells."""
        self.told: list[dict[str, Any]] = []
        globalLogPublisher.addObserver(self.told.append)
        self.addCleanup(globalLogPublisher.removeObserver, self.told.append)

    def house(self, **limits: int) -> Harness:
        """Serve banks with codes."""
        app = App()
        app.define("bank", Bank, codes=True)
        house = Harness(app, limits=Limits(**limits)).__enter__()
        self.addCleanup(house.__exit__, None, None, None)
        return house

    def refusal(self, house: Harness) -> Refused:
        """Return why no Room is created."""
        refused = self.assertRaises(Refused, house.create)
        assert isinstance(refused, Refused)
        self.assertEqual(refused.code, Code.LIMIT)
        return refused

    def warnings(self, part: str) -> int:
        """Count what was told that has these words in it."""
        return sum(part in str(each.get("log_format")) for each in self.told)

    def test_rooms_that_sleep_take_places(self) -> None:
        """Beyond the limit none is created until one is gone; people are told once."""
        house = self.house(stored_rooms=3)
        for _ in range(3):
            house.join(house.create()).leave()
            house.advance(70)
        self.assertEqual(house.rooms, [])
        for _ in range(3):
            self.assertIn("no place to keep", str(self.refusal(house)))
        self.assertEqual(self.warnings("LIMITS=stored_rooms"), 1)
        self.assertEqual((len(house.archive.rooms), house.rooms), (3, []))
        del house.archive.rooms[next(iter(house.archive.rooms))]
        house.advance(31)
        house.create()

        self.refusal(house)
        self.assertEqual(self.warnings("LIMITS=stored_rooms"), 2)

    def test_rooms_that_wake_need_no_place(self) -> None:
        """However many there are, those that are kept go on."""
        house = self.house(stored_rooms=1)
        ada = house.join(house.create())
        ada.leave()
        house.advance(70)
        house.join_by_id(ada.room_id)
        house.crash()

        self.assertEqual(len(house.rooms), 1)

    def test_room_that_is_not_created_takes_no_place(self) -> None:
        """Neither an archive that fails nor a code that is not free costs any."""
        house = self.house(stored_rooms=1)
        before = type(house.archive).create
        script = [StoreError("too long"), Refused("no", Code.LIMIT)]

        async def create(archive: Any, *said: Any) -> int:
            if script:
                raise script.pop(0)
            epoch: int = await before(archive, *said)
            return epoch

        self.patch(type(house.archive), "create", create)
        for _ in range(2):
            self.assertRaises(Refused, house.create)
        house.create()

        self.assertEqual(len(house.archive.rooms), 1)

    def test_codes_that_run_out(self) -> None:
        """Others are drawn while one that sleeps has it; in the end it is said why."""
        house = self.house()
        sleeps = house.create()
        before = type(house.archive).create
        drawn: list[str | None] = []

        async def create(archive: Any, card: Card, *more: Any) -> int:
            drawn.append(card.code)
            if len(drawn) != _CODES:
                raise Conflict("there is a room with the code already")
            epoch: int = await before(archive, card, *more)
            return epoch

        async def find(archive: Any, name: str) -> Card:
            return house.archive.rooms[sleeps.room_id].card

        self.patch(type(house.archive), "create", create)
        self.patch(type(house.archive), "find", find)
        self.assertEqual(house.create().code, drawn[-1])
        self.assertEqual(len(set(drawn)), _CODES)
        self.assertEqual(self.warnings("room codes in a row"), 0)

        self.assertIn("no room code is free", str(self.refusal(house)))
        self.assertEqual(self.warnings("room codes in a row"), 1)

    def test_conflict_that_is_not_about_a_code(self) -> None:
        """Another code does not help if one that lives has the id: it is an error."""
        house = self.house()
        house.create()

        async def create(archive: Any, *said: Any) -> int:
            raise Conflict("there is a room r already")

        self.patch(type(house.archive), "create", create)
        refused = self.assertRaises(Refused, house.create)

        self.assertIn("cannot be kept now", str(refused))
        self.assertEqual(self.warnings("cannot be kept"), 1)
