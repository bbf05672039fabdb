"""A tree with clients of all majors, each of which must see what it may.

What a client ought to see is worked out from the rules alone, without the state core's
own notion of who holds what, and compared with what the official decoders show.
"""

from __future__ import annotations

import atexit
import math
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from itertools import count
from typing import Any

from attrs import define, field
from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from nexus.state import Flush, State, Tree, View
from nexus.state.field import Field
from nexus.state.number import Integer, Quantized
from nexus.state.rule import EVERYONE
from nexus.wire.colyseus.encoder import SchemaEncoder
from nexus.wire.colyseus.mapping import MAJORS, Major
from nexus.wire.native.store import load, save
from tests.support.node import DecodeError, Decoder, missing

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def seen(view: View | None, entity: State, each: Field) -> bool:
    """Tell whether a client may see what a field guards at an entity."""
    if each.rule == EVERYONE:
        return not each.said.server_only
    return (
        not each.said.server_only
        and view is not None
        and each.rule.allows(view, entity)
    )


def plain(kind: Any, value: Any) -> Any:
    """Return the JSON that the decoder shows for a value."""
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, datetime):
        return (value - _EPOCH).total_seconds() * 1000
    if isinstance(kind, Integer) and kind.bits == 64:
        return {"$int": str(value)}
    if isinstance(value, float):
        if math.isnan(value):
            return {"$float": "nan"}
        if math.isinf(value):
            return {"$float": "inf" if value > 0 else "-inf"}
        if value == 0 and math.copysign(1, value) < 0:
            return {"$float": "-0"}
    if isinstance(kind, Quantized):
        return float(value)
    return value


@define
class Picture:
    """What a client ought to see, and how many objects that takes."""

    view: View | None
    #: The name for a Map whose order is the server's, or else the client's own.
    whole: str = "$map"
    refs: int = 0

    def of(self, entity: State) -> dict[str, Any]:
        """Return an entity as a client ought to see it."""
        self.refs += 1
        shown = {}
        for each in entity.__layout__.fields:
            held = getattr(entity, each.name)
            if each.shape == "one" and each.state is None:
                if held is not None and seen(self.view, entity, each):
                    shown[each.name] = plain(each.kind, held)
            elif each.shape == "one":
                if held is not None and seen(self.view, held, each):
                    shown[each.name] = self.of(held)
            elif each.state is not None:
                if not each.said.server_only:
                    shown[each.name] = self._states(each, held)
            elif seen(self.view, entity, each):
                shown[each.name] = self._values(each, held)
        return shown

    def _rows(self, table: Any) -> list[list[Any]]:
        """Return the rows of a Table as entries of a map."""
        self.refs += len(table)
        shown = []
        for row, id_ in zip(table.rows.tolist(), table.ids.tolist(), strict=True):
            # What goes out is the nearest that a column can tell.
            fields = {
                each.name: plain(each.kind, each.kind.value(table.raw(each.name, row)))
                for each in table.sent_fields
                if seen(self.view, row, each)
            }
            shown.append([str(id_), fields])
        return shown

    def _states(self, each: Field, held: Any) -> Any:
        self.refs += 1
        if each.shape == "list":
            return [self.of(one) for one in held if seen(self.view, one, each)]
        pairs = [
            [key, self.of(one)]
            for key, one in held.items()
            if seen(self.view, one, each)
        ]
        # Clients that see a part of a Map see it in an order of their own.
        return {self.whole if each.rule == EVERYONE else "$some": pairs}

    def _values(self, each: Field, held: Any) -> Any:
        self.refs += 1
        if each.shape == "list":
            return [plain(each.kind, one) for one in held]
        if each.shape == "table":
            return {self.whole: self._rows(held)}
        if each.shape == "map":
            pairs = [[key, plain(each.kind, one)] for key, one in held.items()]
            return {self.whole: pairs}
        return {"$set": [plain(each.kind, one) for one in held]}


def arrange(want: Any, got: Any) -> Any:
    """Return what a decoder shows in the order that is wanted, where order is free."""
    if isinstance(want, list) and isinstance(got, list) and len(want) == len(got):
        return [arrange(*pair) for pair in zip(want, got, strict=True)]
    if not isinstance(want, dict) or not isinstance(got, dict):
        return got
    if "$some" in want and "$map" in got:
        order = {key: at for at, (key, _) in enumerate(want["$some"])}
        pairs = sorted(got["$map"], key=lambda pair: order.get(pair[0], -1))
        return {"$some": arrange(want["$some"], pairs)}
    if "$set" in want and "$set" in got:
        return {"$set": sorted(got["$set"], key=lambda one: _at(one, want["$set"]))}
    return {key: arrange(want.get(key), value) for key, value in got.items()}


def _at(one: Any, order: list[Any]) -> int:
    return order.index(one) if one in order else -1


@define(eq=False)
class Client:
    """An official decoder that mirrors a tree through a view."""

    major: Major
    session: int
    view: View | None
    connected: bool = True
    #: 5 lets entries that it knows stand where they stood when it returns.
    whole: str = "$map"


@define(eq=False)
class Stage:
    """A tree, an encoder for each major, and clients."""

    case: SynchronousTestCase
    root: State
    decoders: dict[Major, Decoder]
    tree: Tree = field(init=False)
    encoders: dict[Major, SchemaEncoder] = field(init=False)
    clients: list[Client] = field(factory=list)
    #: Who else follows each flush.
    others: list[Callable[[Flush], object]] = field(factory=list)

    def __attrs_post_init__(self) -> None:
        """Make the tree and what writes for it."""
        self.tree = Tree(self.root)
        self.encoders = {major: SchemaEncoder(self.tree, major) for major in MAJORS}

    def view(self, session: str | None = None, roles: Any = ()) -> View:
        """Return the view of a new client."""
        return self.tree.view(session, roles)

    def join(self, view: View | None = None) -> list[Client]:
        """Let a client of each major join, all with one view."""
        joined = [Client(major, next(_SESSIONS), view) for major in MAJORS]
        for client in joined:
            encoder = self.encoders[client.major]
            decoder = self.decoders[client.major]
            decoder.handshake(client.session, encoder.handshake())
            self.case.addCleanup(decoder.drop, client.session)
            payload = encoder.full(view)
            self._compare(client, "full state", payload, decoder.decode)
        self.clients += joined
        return joined

    def wake(self) -> list[Client]:
        """Let a tree without views live again; return its clients, which are away."""
        restored = load(save(self.tree), type(self.root))
        self.tree, self.root = restored.tree, restored.tree.root
        self.encoders = {major: SchemaEncoder(self.tree, major) for major in MAJORS}
        for client in self.clients:
            client.connected = False
        return list(self.clients)

    def rejoin(self, clients: list[Client], *, is_ours: bool = True) -> None:
        """Let clients return that missed some patches but kept their decoders."""
        for client in clients:
            encoder = self.encoders[client.major]
            payload = encoder.resync(client.view, is_ours=is_ours)
            client.connected = True
            if client.major == 5:
                client.whole = "$some"
            decode = self.decoders[client.major].resync
            self._compare(client, "resync", payload, decode)

    def flush(self) -> dict[Major, bytes]:
        """Bring every client to now, and return the patches of those without a view."""
        flush = self.tree.flush()
        for encoder in self.encoders.values():
            encoder.follow(flush)
        for follow in self.others:
            follow(flush)
        for client in self.clients:
            if client.connected:
                payload = self.encoders[client.major].patch(flush, client.view)
                decode = self.decoders[client.major].decode
                self._compare(client, "patch", payload, decode)
        return {major: encoder.patch(flush) for major, encoder in self.encoders.items()}

    def _compare(
        self,
        client: Client,
        what: str,
        payload: bytes,
        decode: Callable[[int, bytes], None],
    ) -> None:
        """Decode a payload, then compare what is shown with what ought to be."""
        where = f"schema {client.major}, {what} {payload.hex()}"
        try:
            decode(client.session, payload)
        except DecodeError as error:
            self.case.fail(f"{where}: {error}")
        decoder = self.decoders[client.major]
        picture = Picture(client.view, client.whole)
        want = picture.of(self.root)
        got = arrange(want, decoder.dump(client.session))
        self.case.assertEqual(got, want, where)
        self.case.assertEqual(decoder.refs(client.session), picture.refs, where)


_SESSIONS = count(100)


@cache
def decoder_of(major: Major) -> Decoder:
    """Return the process that all tests share, since to start one takes long."""
    decoder = Decoder(major)
    atexit.register(decoder.close)
    return decoder


class StageTestCase(SynchronousTestCase):
    """A test with the official decoders of all majors."""

    skip = missing()

    @override
    def setUp(self) -> None:
        """Have a process for each major."""
        self.decoders = {major: decoder_of(major) for major in MAJORS}
        for decoder in self.decoders.values():
            decoder.start()

    def stage(self, root: State) -> Stage:
        """Return a stage with a tree."""
        return Stage(self, root, self.decoders)
