"""Tests of `nexus.room.message.dispatch`."""

from __future__ import annotations

from typing import Any

from attrs import define

from nexus.errors import Close, Code, Refused, Rejected
from nexus.room import Client, on_bytes, on_message
from nexus.wire.message import UNDEFINED
from tests.room.message.hearing import DispatchTestCase
from tests.support.room import Gate, Scripted, scripted


@define
class Move:
    """Where somebody goes."""

    x: int
    y: int = 0


class MessageTests(DispatchTestCase):
    def test_payload_reaches_the_listener(self) -> None:
        """What a client sends arrives, nothing as UNDEFINED."""
        guest = self.seated()
        self.listen(guest, "hi")

        guest.send("hi", {"a": [1, None]})
        guest.send("hi")

        self.assertEqual(self.heard, [{"a": [1, None]}, UNDEFINED])

    def test_number_and_its_digits_are_one_type(self) -> None:
        """A listener for 7 hears "7" as well."""
        guest = self.seated()
        self.listen(guest, 7)

        guest.send(7, "number")
        guest.send("7", "digits")

        self.assertEqual(self.heard, ["number", "digits"])

    def test_long_type_is_heard(self) -> None:
        """A type may be longer than the short ones that have a quick way."""
        guest = self.seated()
        self.listen(guest, "x" * 200)

        guest.send("x" * 200, 1)

        self.assertEqual(self.heard, [1])

    def test_messages_before_the_acknowledgement_are_heard(self) -> None:
        """A client may speak before it took its state; answers wait for that."""
        self.seated()
        guest = self.table.knock()
        self.listen(guest, "hi", lambda client, _: client.send("ho"))

        guest.send("hi", 1)
        self.assertEqual(guest.messages("ho"), [])
        guest.ack()

        self.assertEqual(guest.messages("ho"), [UNDEFINED])

    def test_all_listeners_hear(self) -> None:
        """Several listeners of a type all run, until they end."""
        guest = self.seated()
        end = self.listen(guest, "hi")
        self.listen(guest, "hi")

        guest.send("hi", 1)
        end()
        end()
        guest.send("hi", 2)

        self.assertEqual(self.heard, [1, 1, 2])

    def test_listener_that_ends_itself(self) -> None:
        """A listener may end itself, or others, while it is called."""
        guest = self.seated()
        ends: list[Any] = []
        ends.append(self.listen(guest, "hi", lambda *_: [end() for end in ends]))
        ends.append(self.listen(guest, "hi"))
        self.listen(guest, "*unrelated")

        guest.send("hi", 1)

        self.assertEqual(self.heard, [1, 1])
        guest.send("hi", 2)
        self.assertEqual(guest.code, Close.ERROR)

    def test_star_hears_what_nobody_else_does(self) -> None:
        """The listener for everything gets type and payload, bytes included."""
        guest = self.seated()
        self.listen(guest, "hi")
        rest: list[Any] = []
        guest.actor.room.listen("*", lambda _, type_, body: rest.append((type_, body)))

        guest.send("hi", 1)
        guest.send("ho", 2)
        guest.say(b"\x11\xa2ho\x01\x02")

        self.assertEqual(self.heard, [1])
        self.assertEqual(rest, [("ho", 2), ("ho", b"\x01\x02")])

    def test_type_that_is_a_star_is_nothing_special(self) -> None:
        """A client that sends the type "*" is heard as with any unknown type."""
        guest = self.seated()
        rest: list[Any] = []
        guest.actor.room.listen("*", lambda _, type_, body: rest.append((type_, body)))

        guest.send("*", 1)
        guest.request(1, "*", 2)

        self.assertEqual(rest, [("*", 1)])
        self.assertEqual(guest.answers()[0][1], "ERROR")
        self.assertEqual(self.logged(), [])

    def test_bytes_are_a_namespace_of_their_own(self) -> None:
        """Listeners for bytes hear no messages, nor the other way round."""
        seen: list[Any] = []

        class Both(Scripted):
            @on_bytes("x")
            def raw(self, client: Client, content: bytes) -> None:
                seen.append(content)

            @on_message("x")
            def plain(self, client: Client, message: int) -> None:
                seen.append(message)

        self.table.define(scripted(base=Both))
        guest = self.table.sit()
        guest.say(b"\x11\xa1x\xff\xfe")
        guest.send("x", 5)

        self.assertEqual(seen, [b"\xff\xfe", 5])

    def test_payload_is_checked(self) -> None:
        """A payload that is not what the listener says closes the client."""
        guest = self.seated()
        seen: list[Move] = []

        def move(client: Client, message: Move) -> None:
            seen.append(message)

        guest.actor.room.listen("move", move, Move)
        guest.send("move", {"x": 3})
        guest.send("move", {"x": "far"})

        self.assertEqual(seen, [Move(3)])
        self.assertEqual(guest.code, Close.ERROR)

    def test_broken_payload_closes(self) -> None:
        """Bytes that are no payload close the client, and only that."""
        guest = self.seated()
        other = self.table.sit()
        self.listen(guest, "hi")

        guest.say(b"\x0d\xa2hi\xc1")

        self.assertEqual(guest.code, Close.ERROR)
        self.assertIsNone(other.code)

    def test_unknown_type_as_the_room_says(self) -> None:
        """What nobody listens for closes, is answered, or is ignored."""
        codes: dict[str, Any] = {}
        for rule in ("close", "error", "ignore"):
            self.table.define(scripted(unknown_message=rule), rule)
            guest = self.table.sit(rule)
            guest.send("huh")
            codes[rule] = (guest.code, [each.code for each in guest.failures])

        self.assertEqual(
            codes,
            {
                "close": (Close.ERROR, []),
                "error": (None, [Code.INVALID_MESSAGE]),
                "ignore": (None, []),
            },
        )

    def test_types_of_ours_are_ignored(self) -> None:
        """What our own clients send beyond the protocol closes nobody."""
        guest = self.seated()

        for body in (None, 1, [], {"version": True}, {"version": "x"}):
            guest.send("__nexus.resume", body)
            guest.send("__nexus.unknown", body)

        self.assertIsNone(guest.code)

    def test_mistake_of_a_listener_is_opaque(self) -> None:
        """What a listener raises is logged, told by an id, and hurts nobody."""
        guest = self.seated()
        self.listen(guest, "hi", lambda *_: {}["secret"])

        guest.send("hi", 1)

        [failure] = guest.failures
        self.assertEqual(failure.code, Code.APPLICATION)
        self.assertRegex(failure.text, r"^internal error [\w-]{9}$")
        self.assertIsNone(guest.code)
        self.logged(KeyError)

    def test_refusal_of_a_listener_is_told(self) -> None:
        """What a listener refuses reaches the client, and no log."""

        def refuse(*_: Any) -> None:
            raise Refused("not your turn", 499)

        guest = self.seated()
        self.listen(guest, "hi", refuse)

        guest.send("hi", 1)

        [failure] = guest.failures
        self.assertEqual((failure.code, failure.text), (499, "not your turn"))


class RequestTests(DispatchTestCase):
    def asked(self, act: Any, payload: Any = 1) -> Any:
        """Return the one answer to a request that a listener answers so."""
        guest = self.seated()
        self.listen(guest, "ask", act)
        guest.request(9, "ask", payload)
        [answer] = guest.answers()
        self.assertEqual(answer[0], 9)
        self.assertIsNone(guest.code)
        return answer[1:]

    def test_value_is_the_answer(self) -> None:
        """What a listener returns comes back; None as nothing."""
        self.assertEqual(self.asked(lambda *_: {"sum": 3}), ("OK", {"sum": 3}))

    def test_nothing_is_an_answer(self) -> None:
        """A listener that returns nothing has answered."""
        self.assertEqual(self.asked(lambda *_: None), ("OK", UNDEFINED))

    def test_rejection_is_a_value(self) -> None:
        """A rejected request comes back with the author's reason."""

        def reject(*_: Any) -> None:
            raise Rejected({"why": "late"})

        self.assertEqual(self.asked(reject), ("REJECTED", {"why": "late"}))

    def test_refusal_is_an_error(self) -> None:
        """A refused request comes back with sentence and code."""

        def refuse(*_: Any) -> None:
            raise Refused("no", 499)

        status, error = self.asked(refuse)

        self.assertEqual(status, "ERROR")
        self.assertEqual(error, {"name": "Error", "message": "no", "code": 499})

    def test_mistake_is_opaque(self) -> None:
        """A listener's mistake comes back as an id, never as if it had worked."""
        status, error = self.asked(lambda *_: {}["secret"])

        self.assertEqual(status, "ERROR")
        self.assertNotIn("secret", str(error))
        self.logged(KeyError)

    def test_answer_that_cannot_be_sent(self) -> None:
        """A value that no message carries is the author's mistake."""
        circle: list[Any] = []
        circle.append(circle)
        for value in (object(), circle, {"a": {"b": object()}}):
            self.table = type(self.table)()
            status, error = self.asked(lambda *_, value=value: value)
            self.assertEqual(status, "ERROR")
            self.assertIn("internal error", error["message"])
        self.assertEqual(len(self.logged(Exception)), 3)

    def test_answers_at_the_edge_of_what_can_be_sent(self) -> None:
        """Neither huge numbers nor half characters raise where nobody catches."""
        for value in (2**70, -(2**64), "\ud800", float("nan")):
            self.table = type(self.table)()
            self.assertIn(self.asked(lambda *_, value=value: value)[0], ("OK", "ERROR"))
        self.flushLoggedErrors()

    def test_request_that_nobody_answers(self) -> None:
        """A request of a type that nobody listens for is answered so."""
        guest = self.seated()
        guest.actor.room.listen("*", lambda client, type_, body: None)

        guest.request(3, "huh")

        [(number, status, error)] = guest.answers()
        self.assertEqual((number, status, error["name"]), (3, "ERROR", "no_handler"))
        self.assertIsNone(guest.code)

    def test_request_with_a_wrong_payload(self) -> None:
        """A request that is not what the listener says is answered, not closed."""
        guest = self.seated()

        def move(client: Client, message: Move) -> None:
            raise AssertionError

        guest.actor.room.listen("move", move, Move)
        guest.request(4, "move", {"x": []})

        [(_, status, error)] = guest.answers()
        self.assertEqual((status, error["name"]), ("ERROR", "invalid_payload"))
        self.assertIsNone(guest.code)

    def test_request_with_a_broken_payload(self) -> None:
        """So is one whose payload is no payload at all."""
        guest = self.seated()
        self.listen(guest, "ask")

        guest.say(b"\x15\x05\xa3ask\xc1")

        [(number, status, error)] = guest.answers()
        self.assertEqual((number, status), (5, "ERROR"))
        self.assertEqual(error["name"], "invalid_payload")
        self.assertIsNone(guest.code)

    def test_first_listener_answers(self) -> None:
        """A request is answered once, by who listened first."""
        guest = self.seated()
        self.listen(guest, "ask", lambda *_: "first")
        self.listen(guest, "ask", lambda *_: "second")

        guest.request(1, "ask", 0)

        self.assertEqual(guest.answers(), [(1, "OK", "first")])
        self.assertEqual(self.heard, [0, 0])

    def test_answer_to_who_left_is_dropped(self) -> None:
        """Nobody is answered who is not there any more."""
        gate = Gate()
        guest = self.seated()
        self.listen(guest, "ask", lambda *_: gate.wait())
        guest.request(1, "ask", 0)
        guest.drop()

        gate.open("late")

        self.assertEqual(guest.answers(), [])
