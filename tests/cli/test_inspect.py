"""Tests of `nexus.cli.inspect`."""

from __future__ import annotations

import json
from typing import Any

from nexus.cli.inspect import inspect
from tests.cli.stored import StoredTestCase


class InspectCommandTests(StoredTestCase):
    async def inspect(self, room: str, *, as_json: bool = True) -> dict[str, Any]:
        """Run the command, and read what it prints."""
        said = await self.run_on(inspect, room=room, json=as_json)
        self.assertEqual(said.error, "")
        found: dict[str, Any] = json.loads(said.text)
        return found

    async def test_everything_is_there(self) -> None:
        """Card, members, timers and State are those that the journal leads to."""
        found = await self.inspect("town")

        self.assertEqual(
            (found["code"], found["version"], found["seed"]), ("K7WD", 4, 7)
        )
        self.assertEqual(found["state"], {"total": 7, "players": {"ann": {"score": 7}}})
        told = {each["session"]: each for each in found["members"]}
        self.assertEqual(list(told), ["bob", "ann"])
        self.assertEqual((told["ann"]["roles"], told["ann"]["away"]), (["host"], False))
        self.assertEqual((told["ann"]["lastCommand"], told["bob"]["away"]), (3, True))
        self.assertEqual(
            found["timers"],
            [
                {
                    "name": "tick",
                    "arguments": [1, "x"],
                    "deadline": "2026-05-04T12:00:00+00:00",
                    "period": 2.5,
                }
            ],
        )

    async def test_code_as_people_type_it(self) -> None:
        """A Room is found by its id, and by its code however it was typed."""
        for name in ("town", "K7WD", "k7-wd"):
            found = await self.inspect(name, as_json=False)
            self.assertEqual(found["id"], "town")

    async def test_secrets_stay_secret(self) -> None:
        """What lets a member back in is not printed."""
        said = await self.run_on(inspect, room="town", json=False)

        self.assertNotIn("secret", said.text)
        self.assertNotIn("aHVzaC1odXNo", said.text)

    async def test_damage(self) -> None:
        """Of a damaged Room its card and its members are told, and what is wrong."""

        async def work(transaction: Any) -> None:
            await transaction.execute(
                "UPDATE journal SET payload = ? WHERE room_id = 'town' AND number = 2",
                b"\0",
            )

        await self.database.transact(work)
        said = await self.run_on(inspect, room="town", json=True)
        found = json.loads(said.text)

        self.assertEqual(found["members"], [{"session": "ann"}])
        self.assertNotIn("state", found)
        self.assertIn("room town, entry 2", said.error)
