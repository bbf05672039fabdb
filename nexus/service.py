"""Builds and joins the objects of a Node; starts and stops them in order."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from http import HTTPStatus
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
    IReactorFromThreads,
    IReactorTCP,
    IReactorTime,
)
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure
from typing_extensions import override

from nexus.api.health import StorageHealth
from nexus.app import App
from nexus.background import Background
from nexus.cluster.memory import MemoryPresence
from nexus.config import Config
from nexus.descriptor import Descriptors
from nexus.match import Matchmaker
from nexus.metrics import Metrics
from nexus.net.listen import listen
from nexus.net.port import Arrival, Unwelcome
from nexus.page import DevMode
from nexus.room import Surroundings
from nexus.room.ident import make_id
from nexus.room.meter import Meters
from nexus.room.wait import invoke
from nexus.room.work.pool import Pool
from nexus.site import Check, hosts_of, make_site, make_sockets
from nexus.storage import Storage, make_storage

__all__ = ["Listener", "Rooms", "make_node"]

#: How long detached work may take to end once it was cancelled.
_LAST_SECONDS: Final = 1.0

#: How long sockets may take to close, and how often they are looked at.
_DRAIN_SECONDS: Final = 2.0
_DRAIN_LOOKS: Final = 40


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
    #: What keeps them; None: nothing is kept.
    _storage: Storage | None = None
    #: How many sockets are open.
    _sockets: Callable[[], int] = field(default=int)
    #: What does their work in threads; None: nothing does.
    _threads: Pool | None = field(default=None, kw_only=True)

    _log = Logger()

    @override
    def startService(self) -> None:
        """Say so if there is nothing to be joined."""
        Service.startService(self)
        if self._storage is not None:
            self._storage.start()
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
        await self._drained()
        if self._storage is not None:
            await self._storage.stop()
        stopped = matchmaker.around.background.stop()
        await _within(stopped, _LAST_SECONDS, self._clock)
        if self._threads is not None:
            self._threads.stop()

    async def _drained(self) -> None:
        """Wait until clients have heard why their sockets close, but not for long."""
        for _ in range(_DRAIN_LOOKS):
            if not self._sockets():
                return
            await deferLater(self._clock, _DRAIN_SECONDS / _DRAIN_LOOKS)

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


def _make_storage(
    config: Config,
    app: App,
    matchmaker: Matchmaker,
    metrics: Metrics,
    reactor: Any,
    steady: Callable[[], float],
) -> Storage | None:
    """Make what keeps Rooms, if there are any to keep or a database is named."""
    is_kept = any(kind.room.durability != "memory" for kind in app.catalog)
    if not is_kept and config.database is None:
        return None
    return make_storage(
        config.database, config, matchmaker, metrics, reactor=reactor, steady=steady
    )


def _gate(
    app: App, storage: Storage | None
) -> tuple[Check | None, Callable[[], StorageHealth] | None]:
    """Return what lets sockets in only when Rooms are there, and says how they do."""
    if storage is None:
        return None, None

    def check(arrival: Arrival) -> Awaitable[None] | None:
        if storage.starting is not None:
            status = HTTPStatus.SERVICE_UNAVAILABLE
            raise Unwelcome(storage.starting, status=status)
        return None if app.check is None else app.check(arrival)

    return check, storage.health


def make_node(
    config: Config,
    app: App,
    *,
    reactor: IReactorTCP,
    clock: IReactorTime,
    steady: Callable[[], float] | None = None,
) -> IService:
    """Join the objects of a Node that serves an app where `config` says.

    Args:
        config: The settings.
        app: What is served.
        reactor: What listens.
        clock: Tells the time of day, and calls later.
        steady: Tells seconds that nobody can set; None: `clock` does.
    """
    metrics = Metrics()
    # As all real ones it takes calls from threads, which its interface does not say.
    threads = Pool(cast(IReactorFromThreads, reactor))
    metrics.gauge(
        "nexus_thread_calls",
        "What threads do, and what waits for one",
        ask=lambda: len(threads),
    )
    around = Surroundings(
        clock=clock,
        random=SystemRandom(),
        limits=evolve(app.limits, **dict[str, Any](config.limits)),
        presence=MemoryPresence(clock),
        background=Background(),
        meters=Meters(metrics),
        threads=threads,
    )
    matchmaker = Matchmaker(
        app.catalog, process_id=make_id(around.random), around=around
    )
    rooms = matchmaker.registry
    metrics.gauge("nexus_rooms", "Rooms that live", ask=lambda: len(rooms))
    metrics.gauge(
        "nexus_clients_slow",
        "Clients that take what they are sent more slowly than it is made",
        ask=lambda: sum(
            client.pace.is_slow for room in rooms for client in room.clients.values()
        ),
    )
    storage = _make_storage(
        config, app, matchmaker, metrics, reactor, steady or clock.seconds
    )
    check, health = _gate(app, storage)
    sockets = make_sockets(app, matchmaker, config, metrics, check)
    site = make_site(app, matchmaker, config, metrics, sockets, health)
    app.serve(matchmaker)
    node = MultiService()
    Descriptors(around.limits.connections).setServiceParent(node)
    Rooms(
        matchmaker,
        app,
        config.shutdown_seconds,
        clock,
        storage,
        lambda: sockets.admission.count,
        threads=threads,
    ).setServiceParent(node)
    if config.dev:
        DevMode(is_ours=hosts_of(config).are_ours).setServiceParent(node)
    Listener(_endpoint(config), site, reactor).setServiceParent(node)
    return node
