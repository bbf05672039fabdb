"""Who is at the far end, and how many sockets they hold."""

from __future__ import annotations

from collections import Counter as Tally
from functools import lru_cache
from http import HTTPStatus
from ipaddress import IPv6Address, ip_address, ip_network

from attrs import define, field

from nexus.net.port import Unwelcome

__all__ = ["Admission", "holder_of", "outermost", "plain_address"]


# Asked several times for each socket, and by the same peers again and again.
@lru_cache(maxsize=4096)
def plain_address(text: str) -> str | None:
    """Read an IP address as proxies write them, perhaps with a port or in brackets.

    Returns:
        The address in its usual spelling, an IPv4 one also if it came inside an IPv6
        one; None if it is none.
    """
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(address)


def outermost(values: str | None, proxies: int) -> str:
    """Pick what the outermost of our proxies appended to a header.

    What stands further left was claimed by the peer. Fewer values than proxies were
    all appended by ours.
    """
    if not values or proxies == 0:
        return ""
    return values.split(",")[-proxies:][0].strip()


def holder_of(address: str) -> str:
    """Name whom the sockets of an address are counted for.

    Whoever has one IPv6 address has its whole /64 network.
    """
    if ":" not in address:
        return address
    plain = address.partition("%")[0]
    return str(ip_network(f"{plain}/64", strict=False))


@define(eq=False)
class Admission:
    """Counts the sockets that are there, in all and for each address."""

    _max_in_all: int
    _max_per_address: int
    _in_all: int = field(default=0, init=False)
    _by_holder: Tally[str] = field(factory=Tally, init=False)

    @property
    def count(self) -> int:
        """How many sockets there are."""
        return self._in_all

    def enter(self, holder: str) -> None:
        """Count one socket more; the holder "" stands for local ones, without a limit.

        Raises:
            Unwelcome: There are as many as there may be; it was not counted.
        """
        if self._in_all >= self._max_in_all:
            raise Unwelcome(
                "too many connections", status=HTTPStatus.SERVICE_UNAVAILABLE
            )
        if holder:
            if self._by_holder[holder] >= self._max_per_address:
                raise Unwelcome(
                    "too many connections from this address",
                    status=HTTPStatus.TOO_MANY_REQUESTS,
                )
            self._by_holder[holder] += 1
        self._in_all += 1

    def leave(self, holder: str) -> None:
        """Count one socket less that had entered."""
        self._in_all -= 1
        if not holder:
            return
        self._by_holder[holder] -= 1
        if not self._by_holder[holder]:
            del self._by_holder[holder]
