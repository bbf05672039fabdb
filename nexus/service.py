"""Builds and joins the objects of a Node; starts and stops them in order."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any, cast

from attrs import define, field
from twisted.application.service import IService, MultiService, Service
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import (
    IListeningPort,
    IReactorTCP,
    IReactorTime,
)
from twisted.internet.protocol import ServerFactory
from twisted.logger import Logger
from typing_extensions import override

from nexus.api.health import Health
from nexus.api.resource import Root, Site
from nexus.config import Config

__all__ = ["Listener", "make_node"]


@define(eq=False)
class Listener(Service):
    """The public port of a Node, open while the Node runs."""

    _host: str
    _number: int
    _factory: ServerFactory[Any]
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
            port = self._reactor.listenTCP(
                self._number, self._factory, interface=self._host
            )
        except CannotListenError as refusal:
            self._log.critical(
                "cannot listen on {url}: {reason}; choose another HOST or PORT",
                url=_url(self._host, self._number),
                reason=refusal.socketError.strerror,
            )
            raise SystemExit(1) from refusal
        self._port = port
        number = cast(IPv4Address | IPv6Address, port.getHost()).port
        self._log.info("serving {url}", url=_url(self._host, number))

    @override
    def stopService(self) -> Deferred[None] | None:
        """Close the port; what is already being answered is answered."""
        Service.stopService(self)
        port, self._port = self._port, None
        return None if port is None else port.stopListening()


def _url(host: str, port: int) -> str:
    """Write an address as people type it."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def make_node(config: Config, *, reactor: IReactorTCP, clock: IReactorTime) -> IService:
    """Join the objects of a Node that is to listen where `config` says."""
    root = Root()
    root.putChild(b"health", Health(version("nexus-rooms"), clock=clock))
    node = MultiService()
    Listener(config.host, config.port, Site(root), reactor).setServiceParent(node)
    return node
