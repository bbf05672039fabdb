"""Builds and joins the objects of a Node; starts and stops them in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib.metadata import version
from random import SystemRandom
from typing import Any, Final, NoReturn, cast

from attrs import define, evolve, field
from twisted.application.service import IService, MultiService, Service
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import (
    IListeningPort,
    IProtocolFactory,
    IReactorTCP,
    IReactorTime,
)
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.iweb import IRequest
from typing_extensions import override

from nexus.api import Crossing, Health, Matchmake, Root, Site
from nexus.api.content import put_content
from nexus.api.metrics import MetricsPage
from nexus.app import App
from nexus.background import Background
from nexus.bucket import Buckets
from nexus.cluster.memory import MemoryPresence
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
from nexus.net.resource import Upgrading
from nexus.net.transport import listen
from nexus.page import DevMode, Hosts, put_client, put_pages
from nexus.room import Surroundings
from nexus.room.ident import make_id
from nexus.room.meter import Meters
from nexus.room.wait import invoke
from nexus.wire.dialect import DIALECTS

__all__ = ["Listener", "Rooms", "make_node"]

_VERSION: Final = version("nexus-rooms")

#: How long detached work may take to end once it was cancelled.
_LAST_SECONDS: Final = 1.0


@define(eq=False)
class Listener(Service):
    """The public port of a Node, open while the Node runs."""

    _endpoint: str
    _factory: IProtocolFactory
    _reactor: IReactorTCP
    _port: IListeningPort | None = field(default=None, init=False)

    _log = Logger()

    @override
    def privilegedStartService(self) -> None:
        """Open the port, while a Node that was started as root still is root.

        Raises:
            SystemExit: The port cannot be had.
        """
        try:
            opening = listen(self._reactor, self._endpoint, self._factory)
        except Exception:  # noqa: BLE001  # endpoints of all kinds raise what they like
            self._refused(Failure())
        # Endpoints answer at once; what a callback raised, nobody would see.
        refused: list[Failure] = []
        _ = opening.addCallbacks(self._opened, refused.append)
        if refused:
            self._refused(refused[0])

    def _opened(self, port: IListeningPort) -> None:
        self._port = port
        self._log.info("serving {url}", url=_url(port.getHost(), self._endpoint))

    def _refused(self, failure: Failure) -> NoReturn:
        error: Any = failure.value
        if isinstance(error, CannotListenError):
            error = getattr(error.socketError, "strerror", error)
        self._log.critical(
            "cannot listen on {endpoint}: {reason};"
            " choose another HOST, PORT or LISTEN",
            endpoint=self._endpoint,
            reason=str(error),
        )
        raise SystemExit(1)

    @override
    def stopService(self) -> Deferred[None] | None:
        """Close the port; what is already being answered is answered."""
        Service.stopService(self)
        port, self._port = self._port, None
        return None if port is None else port.stopListening()


@define(eq=False)
class Rooms(Service):
    """The Rooms of a Node, which end in good order when it stops."""

    _matchmaker: Matchmaker
    _app: App
    _seconds: float
    _clock: IReactorTime

    _log = Logger()

    @override
    def startService(self) -> None:
        """Say so if there is nothing to be joined."""
        Service.startService(self)
        if not len(self._app.catalog):
            self._log.warn("no rooms to serve: name a module that has some with --app")
        else:
            names = [kind.name for kind in self._app.catalog]
            self._log.info("rooms: {kinds}", kinds=", ".join(names))
        if self._app.simulated_latency:
            self._log.warn(
                "each round trip takes {seconds} s longer: simulated_latency is set",
                seconds=self._app.simulated_latency,
            )

    @override
    def stopService(self) -> Deferred[Any]:
        """Let all Rooms end, but not for ever."""
        Service.stopService(self)
        return Deferred.fromCoroutine(self._stop())

    async def _stop(self) -> None:
        matchmaker = self._matchmaker
        await self._call(self._app.before_shutdown)
        ending = DeferredList(matchmaker.stop("the server is shutting down"))
        if not await _within(ending, self._seconds, self._clock):
            self._log.warn(
                "{count} rooms did not end in {seconds} s and are cut off",
                count=len(matchmaker.registry) + len(matchmaker.registry.closing),
                seconds=self._seconds,
            )
            matchmaker.force()
        await self._call(self._app.after_shutdown)
        stopped = matchmaker.around.background.stop()
        await _within(stopped, _LAST_SECONDS, self._clock)

    async def _call(self, hooks: Iterable[Callable[[], Any]]) -> None:
        """Call what the app wants called; it has as long as the Rooms have."""
        start = self._matchmaker.around.background.start
        calls = [start(invoke(each), "a hook of the shutdown") for each in hooks]
        if calls:
            await _within(DeferredList(calls), self._seconds, self._clock)


async def _within(work: Deferred[Any], seconds: float, clock: IReactorTime) -> bool:
    """Wait for work, but not for ever, and say whether it ended; it goes on if not."""
    over: Deferred[None] = Deferred()
    late = clock.callLater(seconds, over.callback, None)

    def end(_: object) -> None:
        if late.active():
            late.cancel()
            over.callback(None)

    _ = work.addBoth(end)
    await over
    return work.called


def _url(host: Any, endpoint: str) -> str:
    """Write where we serve as people type it."""
    if not isinstance(host, IPv4Address | IPv6Address):
        return endpoint
    scheme = "https" if endpoint.startswith("ssl:") else "http"
    name = f"[{host.host}]" if ":" in host.host else host.host
    return f"{scheme}://{name}:{host.port}"


def _endpoint(config: Config) -> str:
    """Return the endpoint that the settings mean."""
    if config.listen:
        return config.listen
    kind = "tcp6" if ":" in config.host else "tcp"
    escaped = config.host.replace(":", "\\:")
    return f"{kind}:{config.port}:interface={escaped}"


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


def _make_sockets(
    app: App, matchmaker: Matchmaker, config: Config, metrics: Metrics
) -> SocketFactory:
    """Make what lets sockets in, and shows them to their Rooms."""
    around = matchmaker.around
    limits = around.limits
    accept = Entrance(matchmaker).accept
    if app.simulated_latency:
        accept = Delay(accept, around.clock, app.simulated_latency).accept
    sockets = SocketFactory(
        accept,
        clock=around.clock,
        check=app.check,
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

    def address(request: IRequest) -> str:
        # As bytes: Twisted raises for what is no UTF-8, and peers may send that.
        lines = request.requestHeaders.getRawHeaders(b"x-forwarded-for", [])
        said = outermost(b",".join(lines).decode("latin-1"), config.trusted_proxies)
        peer = getattr(request.getClientAddress(), "host", "")
        return plain_address(said) or cast(str, peer)

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
            hosts=_hosts(config),
            version=_VERSION,
            name=config.app,
        )


def _hosts(config: Config) -> Hosts:
    """Return the names under which a Node shows its pages for developers."""
    return Hosts.of("" if config.listen else config.host)


def _make_site(
    app: App, matchmaker: Matchmaker, config: Config, metrics: Metrics
) -> Site:
    """Make all that a Node answers on its port, HTTP and sockets."""
    around = matchmaker.around
    sockets = _make_sockets(app, matchmaker, config, metrics)

    def counts() -> dict[str, int]:
        return {
            "rooms": len(matchmaker.registry),
            "connections": sockets.admission.count,
        }

    root = Root()
    health = Health(_VERSION, clock=around.clock, counts=counts)
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


def make_node(
    config: Config,
    app: App,
    *,
    reactor: IReactorTCP,
    clock: IReactorTime,
) -> IService:
    """Join the objects of a Node that serves an app where `config` says."""
    metrics = Metrics()
    around = Surroundings(
        clock=clock,
        random=SystemRandom(),
        limits=evolve(app.limits, **dict[str, Any](config.limits)),
        presence=MemoryPresence(clock),
        background=Background(),
        meters=Meters(metrics),
    )
    matchmaker = Matchmaker(
        app.catalog, process_id=make_id(around.random), around=around
    )
    rooms = matchmaker.registry
    metrics.gauge("nexus_rooms", "Rooms that live", ask=lambda: len(rooms))
    site = _make_site(app, matchmaker, config, metrics)
    app.serve(matchmaker)
    node = MultiService()
    Rooms(matchmaker, app, config.shutdown_seconds, clock).setServiceParent(node)
    if config.dev:
        DevMode(is_ours=_hosts(config).are_ours).setServiceParent(node)
    Listener(_endpoint(config), site, reactor).setServiceParent(node)
    return node
