"""Clients of the `schema` format, with official decoders, on the stage of a Space."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from nexus.net.outlet import Outlet
from nexus.room.fanout.pace import Pace
from nexus.wire.colyseus.mapping import MAJORS, Major
from nexus.wire.dialect import DIALECTS
from tests.room.space.watching import ALL, KINDS, Stage
from tests.wire.colyseus.stage import decoder_of

__all__ = ["Eye", "Gallery"]

_SESSIONS = count(1_000_000)
_NAMES = ("npcs", "birds")
_DIALECTS = {each.major: each for each in DIALECTS.values()}


class _Seat:
    serializer = "schema"


class Eye:
    """A client with its Connection, its socket and its decoder in one."""

    ring: Any = None
    ready = False
    returns = skips_handshake = begins_anew = False
    resume_from: int | None = None

    def __init__(self, stage: Gallery, major: Major) -> None:
        self.major = major
        self.seat = _Seat()
        self.dialect = _DIALECTS[major]
        self.decoder = decoder_of(major)
        self.session = next(_SESSIONS)
        self.format: Any = None
        self.view = stage.tree.view("eye")
        self.sees: Any = None
        self.pace = Pace()
        self.sounding: Any = None
        self.outlet = Outlet()
        self.closed: int | None = None
        #: All frames that came since somebody asked.
        self.frames: list[bytes] = []
        #: Rows that callbacks say are there, by map.
        self.present: dict[str, set[str]] = {name: set() for name in _NAMES}

    @property
    def connection(self) -> Eye:
        """Itself."""
        return self

    @property
    def socket(self) -> Eye:
        """Itself."""
        return self

    def deliver(self, frame: bytes) -> None:
        """Take a sealed frame as the SDK does."""
        self.frames.append(frame)
        length = frame[1]
        payload = frame[2 if length < 126 else 4 if length == 126 else 10 :]
        assert payload[0] in (14, 15), payload[0]
        assert len(payload) > 1, "an empty patch"
        take = self.decoder.resync if payload[0] == 14 else self.decoder.decode
        take(self.session, payload[1:])
        if self.ready or self.returns:
            self.hear()

    def probe(self, echoed: Callable[[], object]) -> None:
        """Answer at once that all was read."""
        echoed()

    def hear(self) -> list[tuple[str, str, str]]:
        """Count who comes and goes as the callbacks tell it."""
        events = self.decoder.events(self.session)
        for name, act, key in events:
            here = self.present[name]
            if act == "add":
                assert key not in here, f"{key} came twice"
                here.add(key)
            elif act == "remove":
                assert key in here, f"{key} went twice"
                here.remove(key)
        return events

    def held(self) -> dict[str, dict[str, Any]]:
        """Return the rows that it holds."""
        state = self.decoder.dump(self.session)
        return {name: dict(state[name]["$map"]) for name in _NAMES}

    def refs(self) -> int:
        """Count the objects that its decoder knows."""
        return self.decoder.refs(self.session)


class Gallery(Stage):
    """A Room's Fanout with a Space, and clients of the `schema` format."""

    def enter(self, x: float, y: float, major: Major) -> Eye:
        """Let a client join that looks somewhere."""
        eye: Any = Eye(self, major)
        self.ears.append(eye)
        self.fanout.enroll(eye)
        self.space.watch(eye, x, y)
        eye.decoder.start()
        eye.decoder.handshake(eye.session, eye.format.handshake())
        self.publish()
        self.fanout.welcome(eye, eye)
        eye.decoder.listen(eye.session, *_NAMES)
        eye.hear()
        eye.ready = True
        return eye  # type: ignore[no-any-return]  # it is an Eye

    def enter_all(self, x: float, y: float) -> list[Eye]:
        """Let a client of each major join that looks somewhere."""
        return [self.enter(x, y, major) for major in MAJORS]

    def come_back(self, eye: Any) -> None:
        """Let a client that was away return with what it held."""
        self.publish()
        eye.returns = eye.skips_handshake = True
        self.fanout.welcome(eye, eye)
        eye.ready = True

    def settle(self) -> None:
        """Let the Room patch until all is told."""
        for _ in range(200):
            if not self.publish():
                return
        raise AssertionError("the Space never comes to rest")

    def seen(self, eye: Any) -> dict[str, dict[str, Any]]:
        """Return what a client is to see, as its decoder would show it."""
        return {
            name: {
                str(id_): {
                    each: KINDS[each].value(raw)
                    for each, raw in zip(ALL, values, strict=True)
                    if raw is not None
                }
                for id_, values in rows.items()
            }
            for name, rows in self.visible(eye).items()
        }
