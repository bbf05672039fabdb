"""The quick way of a message to its only listener equals the one of all others."""

from __future__ import annotations

from typing import Any, Final

from attrs import define
from hypothesis import event, given, settings
from hypothesis import strategies as st

from nexus.errors import Refused, Rejected
from nexus.room import Client
from tests import examples
from tests.room.message.hearing import DispatchTestCase
from tests.support.room import Gate, scripted
from tests.support.table import Table


@define
class Move:
    """Where somebody goes."""

    x: int


#: What a listener does, and what it is sent.
_ACTS: Final = (
    "return",
    "value",
    "mistake",
    "refuse",
    "reject",
    "leave",
    "write",
    "wait",
    "async mistake",
)
_BODIES: Final = ({"x": 1}, {"x": 1.5}, {"x": "no"}, {}, 7, None, [1, 2])
_STEPS = st.tuples(st.sampled_from(_ACTS), st.sampled_from(_BODIES), st.booleans())


class ShortMessageLaws(DispatchTestCase):
    @settings(max_examples=examples(test=150, soak=5_000))
    @given(
        st.sampled_from([Any, Move]),
        st.sampled_from([1, 2]),
        st.lists(_STEPS, min_size=1, max_size=5),
    )
    def test_it_equals_the_long_way(
        self, hint: Any, takes: int, steps: list[tuple[str, Any, bool]]
    ) -> None:
        """What is heard and sent, and how the client is then, is the same."""
        short, long = (self.play(hint, takes, steps, way) for way in ("tell", "call"))

        self.assertEqual(short, long)

    def play(
        self, hint: Any, takes: int, steps: list[tuple[str, Any, bool]], way: str
    ) -> list[Any]:
        """Send messages, and return what came of each."""
        # Of a story that failed, if this is a shorter one.
        _ = self.flushLoggedErrors(ValueError)
        table = Table()
        table.define(scripted())
        heard: list[str] = []
        guest, gate = table.sit(), Gate()
        acts = iter([act for act, _, _ in steps])

        def act(client: Client) -> Any:
            match next(acts):
                case "value":
                    return 7
                case "mistake":
                    raise ValueError("a mistake")
                case "refuse":
                    raise Refused("not now")
                case "reject":
                    raise Rejected("not that")
                case "leave":
                    client.leave()
                case "write":
                    client.send("told", 1)
                case "wait":
                    return gate.wait()
                case "async mistake":
                    return _fail()
            return None

        def one(client: Client) -> Any:
            heard.append("heard")
            return act(client)

        def two(client: Client, body: Any) -> Any:
            heard.append(repr(body))
            return act(client)

        two.__annotations__["body"] = hint
        guest.actor.room.listen("go", one if takes == 1 else two)
        dispatch = guest.actor.dispatch
        if way == "call":
            dispatch._tell = lambda listener, client, connection, body: dispatch._call(
                [listener], client, connection, body, b"", None
            )
        told: list[Any] = []
        for _, body, opens in steps:
            guest.send("go", body)
            if opens:
                gate.open()
            waits = guest.client.inbox is not None
            told.append((list(heard), guest.code, waits, guest.actor.turns._depth))
        event(f"heard {len(heard)} of {len(steps)}, {guest.code}")
        told.append([len(each) for each in guest.socket.sent])
        # What waits may wait again.
        for _ in steps:
            gate.open()
        self.clear(table)
        told.append((list(heard), len(self.flushLoggedErrors(ValueError))))
        return told


async def _fail() -> None:
    raise ValueError("a mistake")
