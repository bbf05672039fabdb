"""Kinds of the conformance app that no story of an SDK is played in."""

from __future__ import annotations

from examples.conformance import app
from nexus.errors import Close, Refused
from nexus.room import Context
from tests.support.table import Guest, TableTestCase, result


class ConformanceTests(TableTestCase):
    def setUp(self) -> None:
        """Serve the app."""
        super().setUp()
        self.table.matchmaker.catalog = app.catalog

    def test_every_kind_opens(self) -> None:
        """Each kind is joined, but for those that are there to fail."""
        for kind in app.catalog:
            if not kind.name.endswith("-fails"):
                guest = self.table.sit(kind.name)
                self.table.beat()

                self.assertEqual((guest.joined, guest.failures), (True, []), kind)

    def test_plugin(self) -> None:
        """A plugin counts who comes and goes; what both listen for is the Room's."""
        guest, other = self.table.sit("plugin"), self.table.sit("plugin")
        other.leave()
        guest.send("counts")
        guest.send("who")

        self.assertEqual(guest.messages("counts"), [[2, 1]])
        self.assertEqual(guest.messages("who"), ["room"])

    def test_codes(self) -> None:
        """The code that a Room tells leads into it, however it is typed."""
        guest = self.table.sit("codes")
        guest.send("code")
        [code] = guest.messages("code")

        found = result(self.table.matchmaker.join_by_id(f" {code.lower()} ", {}))

        self.assertEqual(found.listing.room_id, guest.room_id)

    def test_timer_that_fails(self) -> None:
        """A mistake of a timer is logged, and the Room goes on."""
        guest = self.table.sit("boom")
        guest.send("timer")
        self.table.beat(times=3)
        guest.send("echo", 1)

        self.assertEqual(self.logged(RuntimeError), ["a secret of the listener"])
        self.assertEqual(guest.messages("echo"), [1])

    def test_requests(self) -> None:
        """A request is refused by its payload's type, or by the Room."""
        guest = self.table.sit("requests")
        guest.request(1, "checked", "no number")
        guest.request(2, "checked", 4)
        guest.request(3, "refuse", None)

        wrong, right, refused = guest.answers()
        self.assertEqual((wrong[1], wrong[2]["name"]), ("ERROR", "invalid_payload"))
        self.assertEqual(right, (2, "OK", 5))
        self.assertEqual((refused[2]["message"], refused[2]["code"]), NO_SUCH)

    def test_authentication_in_own_words(self) -> None:
        """A refusal of the static authentication is told as it is."""
        wish = self.table.matchmaker.create(
            "auth", {"mode": "refuse"}, Context("", "192.0.2.7", {})
        )

        with self.assertRaisesRegex(Refused, "not today"):
            result(wish)

    def test_wrong_kick(self) -> None:
        """A close code that no socket takes is an error for who asked for it."""
        guest = self.table.sit("kick")
        for code in (1, 999, 1001, 1006, 2999, 5000, -1, 10**9):
            guest.send("kick", {"code": code})
        self.assertEqual((len(guest.failures), guest.code), (8, None))

        guest.send("close")

        self.assertEqual(guest.code, Close.CONSENTED)

    def test_hostile_steps(self) -> None:
        """No script breaks the State, or is taken for a mistake of the Room's."""
        guest = self.table.sit("state")
        for steps in HOSTILE:
            guest.send("op", steps)
        guest.send("set", {"__class__": 1, "i8": 1000, "text": None, "no": 1})
        guest.send("dump")

        self.assertEqual(len(guest.failures), len(HOSTILE) + 1)
        [truth] = guest.messages("dump")
        self.assertEqual((truth["i8"], truth["text"], truth["tags"]), (0, "", []))

    def test_bench_is_named(self) -> None:
        """Players have the name they give; `maxClients` is the creator's choice."""
        bot = self.join("bench", {"name": "bot", "maxClients": 2})
        nobody = self.join("bench", {})
        bot.send("dump")

        [truth] = bot.messages("dump")
        players = truth["players"]
        self.assertEqual(
            players[bot.session_id], {"x": 0.0, "y": 0.0, "hp": 100, "name": "bot"}
        )
        self.assertEqual(players[nobody.session_id]["name"], "")
        self.assertTrue(bot.actor.is_full)

    def join(self, kind: str, options: dict[str, object]) -> Guest:
        """Join with options of any name, and take the State."""
        wish = self.table.matchmaker.join_or_create(kind, options)
        guest = self.table.come(result(wish)).ack()
        self.table.beat()
        return guest


NO_SUCH = ("no such thing", 4321)

HOSTILE = [
    [[]],
    [["x"]],
    [[1, "set", "text", "x"]],
    [["", "__init__"]],
    [["", "set"]],
    [["", "set", "text"]],
    [["", "set", "owner", "me"]],
    [["", "set", "__dict__", {}]],
    [["__class__", "set", "x", 1]],
    [["members.nobody", "set", "hp", 1]],
    [["members", "put", 1, {"name": "x"}]],
    [["members", "put", "x", {"nothing": 1}]],
    [["members", "put", "x", 5]],
    [["items", "insert", 99, {"name": "x"}, 5]],
    [["items.7", "set", "qty", 1]],
    [["items.x", "set", "qty", 1]],
    [["log", "append", {"a": 1}]],
    [["tags", "add", []]],
    [["tags", "remove", "x"]],
    [["scores", "put", "x", "y"]],
    [["scores", "delete", "x"]],
    [["", "clear"]],
]
