"""Tests of `nexus.cli.declaration`, and of the parts that it puts together."""

from __future__ import annotations

import typing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NotRequired, TypedDict

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from nexus import App, Client, Map, Room, State, on_message, uint8
from nexus.cli.declaration import declarations
from nexus.cli.message_type import MessageTypes
from nexus.cli.text import Names
from nexus.errors import FieldError
from tests.cli import village
from tests.cli.typescript import compiled, missing

if TYPE_CHECKING:
    from decimal import Decimal as OnlyForCheckers

#: What a program may do with the village.
_RIGHT = """\
import type { Being, RoomOf, Rooms, Village, Wolf } from "./rooms";

declare const inn: RoomOf<"inn">;
const village: Village = inn.state;
const hp: number = village.beings.get("a")!.hp;
for (const being of village.beings.values()) {
  if ("teeth" in being) { const wolf: Wolf = being; wolf.teeth.toFixed(); }
}
const chief: Being | null = village.chief;
const secret: number | undefined = village.secret;
const purse: readonly bigint[] | undefined = village.purse;
const shown: ReadonlyMap<string, Being> = village.shown;
const guest: Being | null | undefined = village.guest;
const side: "NORTH" | "SOUTH" = village.side;
const since: Date = village.since;
const raw: Uint8Array = village.raw;
const tags: ReadonlySet<string> = village.tags;
inn.send("order", { what: "ale", then: { what: "bread", note: null, by: "me" } });
inn.send("order", { what: "ale", count: 2 });
inn.send("at", [1.5, 2]);
inn.send("side", "NORTH");
inn.send("side", 1);
inn.send("say it");
inn.send("say it", "good day");
inn.send("maybe", null);
inn.send("ring");
inn.sendBytes("picture", new Uint8Array(1));
async function ask(): Promise<void> {
  type Counts = { [key: string]: number | null };
  const counts: Counts = await inn.request("order", { what: "ale" });
  const took: 1 | "s" = await inn.request("side", "s");
  const list: (number | string)[] = await inn.request("at", [0, 0]);
  const nothing: undefined = await inn.request("ring");
}
declare const echo: RoomOf<"dark-echo">;
echo.send("whatever", { a: 1 });
echo.sendBytes("whatever", new Uint8Array(1));
const day: number = echo.state.day;
const kinds: (keyof Rooms)[] = ["inn", "dark-echo"];
"""

#: What it may not, a line each.
_WRONG = (
    "inn.state.kept",
    "inn.state.side = 'NORTH'",
    "inn.state.beings.set('a', inn.state.guest!)",
    "inn.send('order')",
    "inn.send('order', { what: 'wine' })",
    "inn.send('order', { what: 'ale', count: '2' })",
    "inn.send('at', [1])",
    "inn.send('ring', 1)",
    "inn.send('side', 'WEST')",
    "inn.send('nothing')",
    "inn.sendBytes('ring', new Uint8Array(1))",
    "inn.state.secret.toFixed()",
    "const other: RoomOf<'pub'> = inn as any",
)


@dataclass
class Jump:
    height: float
    twice: bool = False


class Offer(TypedDict):
    what: str
    price: NotRequired[int]


class Circus(Room[Any]):
    @on_message("jump")
    def jump(self, client: Client, jump: Jump) -> None:
        """Jump."""

    @on_message("offer")
    def offer(self, client: Client, offer: Offer) -> None:
        """Offer."""


class DeclarationTests(SynchronousTestCase):
    skip = missing()
    text: ClassVar[str] = declarations(village.app)

    def setUp(self) -> None:
        """Make a folder for programs."""
        self.folder = Path(self.mktemp())
        self.folder.mkdir()

    def test_program_that_uses_them_rightly_compiles(self) -> None:
        """States, payloads, answers and bytes have the types that clients see."""
        self.assertEqual(compiled(self.folder, rooms=self.text, use=_RIGHT), "")

    def test_programs_that_use_them_wrongly_do_not(self) -> None:
        """Each mistake is found in its line."""
        head = 'import type { RoomOf } from "./rooms";\ndeclare const inn: any;\n'
        head = head.replace("any", 'RoomOf<"inn">')
        program = head + "".join(f"{line};\n" for line in _WRONG)

        said = compiled(self.folder, rooms=self.text, use=program)

        for number, line in enumerate(_WRONG, 3):
            self.assertIn(f"use.ts({number},", said, line)
        self.assertNotIn("rooms.ts(", said)

    def test_docstrings_become_comments(self) -> None:
        """Classes, fields, listeners and kinds say what their authors said."""
        self.assertIn("/** Whatever lives. Not an end: *\\/. */", self.text)
        self.assertIn("  /** How well it is; at 0 it is gone. */\n", self.text)
        self.assertIn("  /** The thing. */\n", self.text)
        self.assertIn("      /** Order something. */\n      order: Order;", self.text)
        self.assertIn('  /** Hears everything. */\n  "dark-echo": {', self.text)
        self.assertNotIn("Never heard", self.text)

    def test_what_types_cannot_say_stands_beside(self) -> None:
        """Widths and bounds are told in words."""
        for line in (
            "readonly hp: number /* uint8 */;",
            "readonly turn: number /* 0 to 360 */;",
            "readonly count?: number | bigint /* from 1 to 9 */ | undefined;",
            "string /* 0 to 80 characters */",
        ):
            self.assertIn(line, self.text)

    def test_names_of_javascript_are_left_alone(self) -> None:
        """A State that is called Date does not hide the one that everybody knows."""
        self.assertIn("export interface Date2 {", self.text)
        self.assertIn("readonly since: Date;", self.text)

    def test_text_is_the_same_each_time(self) -> None:
        """Who keeps the file under version control sees real changes only."""
        self.assertEqual(declarations(village.app), self.text)

    def test_answer_that_only_checkers_know_may_be_anything(self) -> None:
        """A name that is imported for them alone stops nothing."""

        class Oracle(Room[Any]):
            @on_message("ask")
            def ask(self, client: Client) -> OnlyForCheckers:
                return self.state

        app = App()
        app.define("oracle", Oracle)

        self.assertIn("requests: {\n      ask: any;", declarations(app))

    def test_answer_that_says_too_little_is_unknown(self) -> None:
        """Annotations that name no whole type stop nothing either."""
        types = MessageTypes(Names())

        for hint in (
            typing.List,  # noqa: UP006  # as some still write it
            typing.Dict,  # noqa: UP006  # as some still write it
            typing.Awaitable,
            [int],
            {"a": int},
            Deferred,
        ):
            self.assertEqual(types.answer(hint), "unknown", hint)

    def test_dataclasses_and_typed_dicts_are_payloads(self) -> None:
        """They are written as interfaces; what may be left out says so."""
        app = App()
        app.define("circus", Circus)

        text = declarations(app)

        self.assertEqual(compiled(self.folder, rooms=text), "")
        self.assertIn("  readonly height: number;\n  readonly twice?: boolean", text)
        self.assertIn("  readonly what: string;\n  readonly price?: number", text)
        self.assertNotIn("Jump(height", text)

    def test_app_without_rooms_compiles(self) -> None:
        """A file of a young app is right, too."""
        self.assertEqual(compiled(self.folder, rooms=declarations(App())), "")

    def test_classes_of_one_name_are_told_apart(self) -> None:
        """What two Rooms call alike becomes two interfaces."""
        app = App()
        for name in ("a", "b"):
            app.define(name, room_of(type(State)("Same", (State,), _body(name))))

        text = declarations(app)

        self.assertEqual(compiled(self.folder, rooms=text), "")
        self.assertIn("export interface Same {\n  readonly a: ", text)
        self.assertIn("export interface Same2 {\n  readonly b: ", text)

    def test_two_classes_of_one_name_in_one_room_are_refused(self) -> None:
        """What a Node would refuse is refused here, with the same words."""
        inner: Any = type(State)("World", (State,), _body("x"))
        body = _body("y", Map[str, inner])
        app = App()
        app.define("a", room_of(type(State)("World", (State,), body)))

        self.assertRaises(FieldError, declarations, app)


def _child_of(base: Any) -> Any:
    class Child(base):  # type: ignore[misc]  # given
        """A Room."""

    return Child


def _body(name: str, hint: Any = uint8) -> dict[str, Any]:
    return {"__annotations__": {name: hint}, "__module__": __name__}


def room_of(state: Any) -> Any:
    """Make a class of Rooms with this State."""
    return _child_of(Room[state])
