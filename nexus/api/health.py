"""`GET /health`, `/health/live` and `/health/ready`: how is this Node?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus

from attrs import field, frozen
from twisted.internet.interfaces import IReactorTime
from twisted.web.iweb import IRequest

from nexus.api.resource import JSONResource, answer

__all__ = ["Health", "StorageHealth"]


@frozen(kw_only=True)
class StorageHealth:
    """How what keeps Rooms does.

    Attributes:
        is_up: Whether the database answers.
        cause: Why not; empty if it does.
        refuses: Why nobody new may come now; None: they may.
        lag: Seconds since the oldest thing that is not saved.
        waiting: Bytes of what is not saved.
        stuck: How many Rooms are kept and cannot go on.
        stored: How many Rooms are kept, by status.
    """

    is_up: bool
    cause: str = ""
    refuses: str | None = None
    lag: float = 0.0
    waiting: int = 0
    stuck: int = 0
    stored: Mapping[str, int] = field(factory=dict)

    def document(self) -> dict[str, object]:
        """Write it for whoever asks."""
        database: dict[str, object] = {"status": "up" if self.is_up else "down"}
        if self.cause:
            database["cause"] = self.cause
        lag = round(self.lag, 3)
        database |= {"lagSeconds": lag, "waitingBytes": self.waiting}
        return {**database, "stuckRooms": self.stuck, "rooms": dict(self.stored)}


class Health(JSONResource):
    """Says that the Node is up, since when, which version it runs, and what is wrong.

    `/health/live` is 200 as long as the Node answers at all; `/health/ready` is 503
    while nobody new should be sent here; `/health` is 503 while something is wrong.

    Args:
        version: The version.
        clock: Tells since when.
        counts: Tells how many there are of what.
        storage: Tells how what keeps Rooms does; None: nothing is kept.
    """

    def __init__(
        self,
        version: str,
        *,
        clock: IReactorTime,
        counts: Callable[[], Mapping[str, int]] = dict,
        storage: Callable[[], StorageHealth] | None = None,
    ) -> None:
        super().__init__()
        self._counts = counts
        self._version = version
        self._clock = clock
        self._since = clock.seconds()
        self._storage = storage
        self.putChild(b"live", _Live())
        self.putChild(b"ready", _Ready(storage))

    def render_GET(self, request: IRequest) -> bytes:  # noqa: N802 -- found by its name
        """Answer with the Node's health."""
        # The reactor's clock is wall time, which somebody may set back.
        uptime = max(0.0, self._clock.seconds() - self._since)
        document: dict[str, object] = {
            "status": "ok",
            "uptime": round(uptime),
            "version": self._version,
            **self._counts(),
        }
        status = HTTPStatus.OK
        if self._storage is not None:
            health = self._storage()
            document["database"] = health.document()
            if health.refuses is not None or not health.is_up:
                status = HTTPStatus.SERVICE_UNAVAILABLE
                document["status"] = "degraded"
                document["cause"] = health.refuses or health.cause
        return answer(request, document, status)


class _Live(JSONResource):
    """Says that the Node answers."""

    def render_GET(self, request: IRequest) -> bytes:  # noqa: N802 -- found by its name
        """Answer."""
        return answer(request, {"status": "ok"})


class _Ready(JSONResource):
    """Says whether somebody new may come."""

    def __init__(self, storage: Callable[[], StorageHealth] | None) -> None:
        super().__init__()
        self._storage = storage

    def render_GET(self, request: IRequest) -> bytes:  # noqa: N802 -- found by its name
        """Answer 200, or 503 and why."""
        refuses = None if self._storage is None else self._storage().refuses
        if refuses is None:
            return answer(request, {"status": "ok"})
        return answer(
            request,
            {"status": "waiting", "cause": refuses},
            HTTPStatus.SERVICE_UNAVAILABLE,
        )
