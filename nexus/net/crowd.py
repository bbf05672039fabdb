"""The crowd at the door: connections that speak HTTP, in all and for each address."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, field
from twisted.internet.interfaces import IAddress

from nexus.errors import Refused
from nexus.net.admission import Admission, holder_of, plain_address
from nexus.net.counter import Counter, Uncounted

__all__ = ["Crowd"]


@define(eq=False)
class Crowd:
    """Counts connections from their first byte on, until they end or become sockets.

    Args:
        admission: How many there may be.
        proxied: Whether all peers are proxies of ours, whose addresses say nothing.
        refused: Counts those that there was no place for.
    """

    _admission: Admission
    _proxied: bool = field(default=False, kw_only=True)
    _refused: Counter = field(factory=Uncounted, kw_only=True)

    @property
    def count(self) -> int:
        """How many there are."""
        return self._admission.count

    def enter(self, address: IAddress | None) -> Callable[[], object] | None:
        """Count a connection more.

        Returns:
            What counts it no more; None: there is no place for it.
        """
        peer = plain_address(getattr(address, "host", "")) or ""
        holder = "" if self._proxied else holder_of(peer)
        try:
            self._admission.enter(holder)
        except Refused:
            self._refused.inc()
            return None
        return lambda: self._admission.leave(holder)
