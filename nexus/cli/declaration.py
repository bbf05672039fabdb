"""Declarations: a TypeScript file that knows the Rooms of an app."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Final

from attrs import define, field

from nexus.app import App
from nexus.cli.message_type import MessageTypes
from nexus.cli.state_type import StateTypes
from nexus.cli.text import Names, comment, key, literal, optional, summary_of, union
from nexus.match import Kind
from nexus.room.face import evaluated, heard_by, state_of
from nexus.room.message.message import ANY, Listener, OptionalShape, payload_hint

__all__ = ["declarations"]

_HEAD: Final = "// Made by `nexus types`: what is changed here is lost the next time."

#: What uses the map of an app's kinds, the same for all apps.
_TAIL: Final = """\
type Sent<M, T extends keyof M> = undefined extends M[T]
  ? [payload?: M[T]]
  : [payload: M[T]];

/**
 * What the Room of a kind knows and takes:
 *
 *     const joined = await client.joinOrCreate("arena");
 *     const room = joined as unknown as RoomOf<"arena">;
 */
export interface RoomOf<K extends keyof Rooms> {
  readonly name: string;
  readonly roomId: string;
  readonly sessionId: string;
  readonly reconnectionToken: string;
  readonly state: Rooms[K]["state"];
  send<T extends keyof Rooms[K]["messages"]>(
    type: T,
    ...payload: Sent<Rooms[K]["messages"], T>
  ): void;
  sendBytes(type: Rooms[K]["bytes"], bytes: Uint8Array): void;
  request<T extends keyof Rooms[K]["messages"] & keyof Rooms[K]["requests"]>(
    type: T,
    ...payload: Sent<Rooms[K]["messages"], T>
  ): Promise<Rooms[K]["requests"][T]>;
  leave(consented?: boolean): Promise<number>;
}
"""


def declarations(app: App) -> str:
    """Write what a TypeScript program has to know of an app's kinds of Room.

    Raises:
        FieldError: Two State classes of one Room have the same name.
    """
    names = Names()
    writer = _Writer(StateTypes(names), MessageTypes(names))
    rooms: list[str] = []
    for kind in app.catalog:
        rooms += writer.kind(kind)
    lines = ["/** The kinds of Room, by the name that a client joins. */"]
    lines += ["export interface Rooms {", *rooms, "}"]
    blocks = [_HEAD, *writer.states.blocks, *writer.messages.blocks, "\n".join(lines)]
    return "\n\n".join([*blocks, _TAIL])


@define(eq=False)
class _Writer:
    """Writes the map of kinds; what that names is declared on the way."""

    states: StateTypes
    messages: MessageTypes
    #: The lines of the kind that is being written.
    _lines: list[str] = field(factory=list, init=False)

    def kind(self, kind: Kind) -> list[str]:
        """Write one kind."""
        state = state_of(kind.room)
        heard = heard_by(kind.room)
        plain = {each.type: each for each in heard if not each.raw}
        raw = [each.type for each in heard if each.raw]
        self._lines = comment(summary_of(kind.room), "  ")
        self._lines.append(f"  {key(kind.name)}: {{")
        self._line("state", "any" if state is None else self.states.root(state))
        self._table("messages", plain, self._payload)
        self._table("requests", plain, self._answer)
        # Who hears all the rest hears bytes as well.
        types = ["string"] if ANY in plain else map(literal, raw)
        self._line("bytes", union(types))
        return [*self._lines, "  };"]

    def _line(self, name: str, kind: str) -> None:
        self._lines.append(f"    {name}: {kind};")

    def _table(
        self,
        name: str,
        heard: dict[str, Listener],
        write: Callable[[Listener], str],
    ) -> None:
        if not heard:
            self._line(name, "{}")
            return
        self._lines.append(f"    {name}: {{")
        for type_, each in heard.items():
            if name == "messages":
                self._lines += comment(summary_of(inspect.unwrap(each.call)), "      ")
            label = "[type: string]" if type_ == ANY else key(type_)
            kind = "any" if type_ == ANY else write(each)
            self._lines.append(f"      {label}: {kind};")
        self._lines.append("    };")

    def _payload(self, heard: Listener) -> str:
        if heard.takes < 2:
            return "undefined"
        kind = self.messages.payload(payload_hint(heard))
        is_free = isinstance(heard.shape, OptionalShape)
        return optional(kind) if is_free else kind

    def _answer(self, heard: Listener) -> str:
        call = inspect.unwrap(heard.call)
        hint = inspect.signature(call).return_annotation
        if hint is inspect.Signature.empty:
            return "any"
        return self.messages.answer(evaluated(hint, getattr(call, "__globals__", {})))
