"""The addresses of a host, found by the reactor: libpq would hold it up."""

from __future__ import annotations

from typing import Any

from attrs import define, field
from twisted.internet.abstract import isIPAddress, isIPv6Address
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IHostResolution

from nexus.store.bounded import bounded
from nexus.store.port import DatabaseAway

__all__ = ["resolve"]


async def resolve(host: str, reactor: Any, seconds: float) -> list[str]:
    """Find the IP addresses of a host.

    Args:
        host: A name, or an IP address.
        reactor: Has time and finds addresses.
        seconds: How long that may take.

    Raises:
        DatabaseAway: None was found in time.
    """
    if isIPAddress(host) or isIPv6Address(host):
        return [host]
    addresses = _Addresses()
    reactor.nameResolver.resolveHostName(addresses, host)
    found: list[str] = await bounded(
        addresses.told, seconds, addresses.resolutionComplete, reactor
    )
    if not found:
        raise DatabaseAway(f"no address is known of the database's host {host}")
    return found


@define(eq=False)
class _Addresses:
    """Collects addresses until there are no more, or nobody waits any more."""

    told: Deferred[list[str]] = field(factory=Deferred)
    _found: list[str] = field(factory=list)

    def resolutionBegan(  # noqa: N802  # the reactor's name
        self,
        resolutionInProgress: IHostResolution,  # noqa: N803  # the reactor's name
    ) -> None:
        """Do nothing: it cannot be ended."""

    def addressResolved(self, address: Any) -> None:  # noqa: N802  # the reactor's name
        """Take note of one."""
        self._found.append(address.host)

    def resolutionComplete(self) -> None:  # noqa: N802  # the reactor's name
        """Tell them."""
        if not self.told.called:
            self.told.callback(self._found)
