"""All that a Node answers on its port: HTTP, sockets, and pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib.metadata import version
from typing import Any, Final, TypeAlias

from nexus.api import Crossing, Health, Matchmake, Root, Site
from nexus.api.content import put_content
from nexus.api.health import StorageHealth
from nexus.api.metrics import MetricsPage
from nexus.app import App
from nexus.bucket import Buckets
from nexus.config import Config
from nexus.limit import Limits
from nexus.match import Entrance, Matchmaker
from nexus.metrics import Metrics
from nexus.net.admission import Admission, holder_of, outermost, plain_address
from nexus.net.counter import SocketCounters
from nexus.net.crowd import Crowd
from nexus.net.delay import Delay
from nexus.net.factory import SocketFactory
from nexus.net.limit import SocketLimits
from nexus.net.port import Arrival
from nexus.net.resource import Upgrading
from nexus.page import Hosts, put_client, put_pages
from nexus.wire.dialect import DIALECTS

__all__ = ["hosts_of", "make_site", "make_sockets"]

#: Looks at an upgrade before it is accepted; it raises to refuse it.
Check: TypeAlias = Callable[[Arrival], Awaitable[None] | None]

_VERSION: Final = version("nexus-rooms")


def _counters(metrics: Metrics) -> SocketCounters:
    def counter(name: str, text: str) -> Any:
        return metrics.counter(f"nexus_sockets_{name}_total", text)

    return SocketCounters(
        opened=counter("opened", "Upgrades that became a socket"),
        lost=counter("lost", "Sockets that are gone"),
        refused=counter("refused", "Upgrades that were refused"),
        slow=counter("slow", "Sockets cut off as their peer did not read"),
        silent=counter("silent", "Sockets cut off as their peer answered no ping"),
        wrong=counter("wrong", "Sockets closed for what their peer sent"),
        failed=counter("failed", "Mistakes of ours at a socket"),
    )


def _crowd(config: Config, limits: Limits, metrics: Metrics) -> Crowd:
    crowd = Crowd(
        Admission(limits.connections, limits.connections_per_address),
        proxied=config.trusted_proxies > 0,
        refused=metrics.counter(
            "nexus_http_refused_total", "Connections cut off as there were too many"
        ),
    )
    metrics.gauge(
        "nexus_http_connections", "Connections that speak HTTP", ask=lambda: crowd.count
    )
    return crowd


def make_sockets(
    app: App,
    matchmaker: Matchmaker,
    config: Config,
    metrics: Metrics,
    check: Check | None = None,
) -> SocketFactory:
    """Make what lets sockets in, and shows them to their Rooms.

    Args:
        app: The app.
        matchmaker: What knows the Rooms.
        config: The settings.
        metrics: Where sockets are counted.
        check: Looks at upgrades instead of the app.
    """
    around = matchmaker.around
    limits = around.limits
    accept = Entrance(matchmaker).accept
    if app.simulated_latency:
        accept = Delay(accept, around.clock, app.simulated_latency).accept
    sockets = SocketFactory(
        accept,
        clock=around.clock,
        check=check or app.check,
        limits=SocketLimits(
            max_message=limits.message_bytes,
            max_waiting=limits.outgoing_bytes,
            max_per_address=limits.connections_per_address,
            max_sockets=limits.connections,
            ping_interval=config.heartbeat,
            origins=config.cors_origin,  # type: ignore[arg-type]  # mypy on `tuple`
            trusted_proxies=config.trusted_proxies,
            compress_from=config.compress_from,
        ),
        counters=_counters(metrics),
    )
    metrics.gauge("nexus_sockets", "Sockets", ask=lambda: sockets.admission.count)
    return sockets


def _make_matchmake(matchmaker: Matchmaker, config: Config) -> Matchmake:
    """Make the way to a Seat over HTTP."""
    limits = matchmaker.around.limits

    def address(forwarded: str, peer: str) -> str:
        said = outermost(forwarded, config.trusted_proxies)
        return plain_address(said) or peer

    return Matchmake(
        matchmaker,
        rates=Buckets(limits.joins_per_second, limits.joins_burst),
        body_bytes=limits.body_bytes,
        address=address,
        holder=holder_of,
    )


def _put_pages(root: Root, app: App, matchmaker: Matchmaker, config: Config) -> None:
    """Put the JavaScript client where pages load it, and ours where they are wanted."""
    nexus = put_client(root)
    if config.dev:
        put_pages(
            root,
            nexus,
            app,
            matchmaker,
            hosts=hosts_of(config),
            version=_VERSION,
            name=config.app,
        )


def hosts_of(config: Config) -> Hosts:
    """Return the names under which a Node shows its pages for developers."""
    return Hosts.of("" if config.listen else config.host)


def make_site(
    app: App,
    matchmaker: Matchmaker,
    config: Config,
    metrics: Metrics,
    sockets: SocketFactory,
    storage: Callable[[], StorageHealth] | None = None,
) -> Site:
    """Make all that a Node answers on its port, HTTP and sockets.

    Args:
        app: The app.
        matchmaker: What finds Rooms.
        config: The settings.
        metrics: What is counted.
        sockets: What lets sockets in.
        storage: Says how what keeps Rooms does; None: nothing is kept.
    """
    around = matchmaker.around

    def counts() -> dict[str, int]:
        return {
            "rooms": len(matchmaker.registry),
            "connections": sockets.admission.count,
        }

    root = Root()
    health = Health(_VERSION, clock=around.clock, counts=counts, storage=storage)
    root.putChild(b"health", health)
    root.putChild(b"metrics", MetricsPage(metrics))
    matchmake = _make_matchmake(matchmaker, config)
    root.putChild(b"matchmake", matchmake)
    for name in DIALECTS:
        versioned = Root()
        versioned.putChild(b"matchmake", matchmake)
        root.putChild(f"v{name}".encode(), versioned)
    _put_pages(root, app, matchmaker, config)
    put_content(root, app, matchmaker)
    return Site(
        Upgrading(sockets, Crossing(root, config.cors_origin)),
        body_bytes=around.limits.body_bytes,
        seconds=around.limits.request_seconds,
        enter=_crowd(config, around.limits, metrics).enter,
        slow=metrics.counter(
            "nexus_http_slow_total", "Connections cut off as their request was slow"
        ),
        reactor=around.clock,
    )
