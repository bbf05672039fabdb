"""`GET /metrics`: what a Node counted, as Prometheus reads it, or as JSON."""

from __future__ import annotations

from twisted.web.iweb import IRequest

from nexus.api.resource import JSONResource, answer
from nexus.metrics import Metrics

__all__ = ["MetricsPage"]


class MetricsPage(JSONResource):
    """Says all counters and gauges of the Node."""

    def __init__(self, metrics: Metrics) -> None:
        super().__init__()
        self._metrics = metrics

    def render_GET(self, request: IRequest) -> bytes:  # noqa: N802 -- found by its name
        """Answer in Prometheus' text format; in JSON if that is asked for."""
        if b"application/json" in (request.getHeader(b"accept") or b""):
            return answer(request, self._metrics.document())
        request.setHeader(b"content-type", b"text/plain; version=0.0.4; charset=utf-8")
        request.setHeader(b"cache-control", b"no-store")
        return self._metrics.render().encode()
