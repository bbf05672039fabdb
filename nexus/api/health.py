"""`GET /health`: is this Node alive?"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from twisted.internet.interfaces import IReactorTime
from twisted.web.iweb import IRequest

from nexus.api.resource import JSONResource, answer

__all__ = ["Health"]


class Health(JSONResource):
    """Says that the Node is up, since when, and which version it runs.

    Args:
        version: The version.
        clock: Tells since when.
        counts: Tells how many there are of what.
    """

    def __init__(
        self,
        version: str,
        *,
        clock: IReactorTime,
        counts: Callable[[], Mapping[str, int]] = dict,
    ) -> None:
        super().__init__()
        self._counts = counts
        self._version = version
        self._clock = clock
        self._since = clock.seconds()

    def render_GET(self, request: IRequest) -> bytes:  # noqa: N802 -- found by its name
        """Answer with the Node's health."""
        # The reactor's clock is wall time, which somebody may set back.
        uptime = max(0.0, self._clock.seconds() - self._since)
        return answer(
            request,
            {
                "status": "ok",
                "uptime": round(uptime),
                "version": self._version,
                **self._counts(),
            },
        )
