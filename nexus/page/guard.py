"""Guard: the pages for developers are for the developer's own browser.

A page of another site must not read them: not by a plain request (we say nothing of
other origins, and refuse what a browser says it asks for another site), not as an
address that it lets point to this machine (the `Host` would be its own name), and not
inside a frame.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from attrs import frozen
from twisted.web.iweb import IRequest
from twisted.web.resource import IResource, Resource
from typing_extensions import override

from nexus.api.resource import JSONResource, answer

__all__ = ["Guard", "Guarded", "Hosts"]

#: `Host` as browsers send it: a name or an address, and perhaps a port.
_HOST: Final = re.compile(
    r"(\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9_.-]{1,253})(:[0-9]{1,5})?"
)

#: With every answer; what `{host}` stands for is added to the policy.
_POLICY: Final = (
    "default-src 'self'; connect-src 'self' ws://{host} wss://{host};"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"
)
_HEADERS: Final = (
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)


@frozen
class Hosts:
    """Under which names a Node may be asked for its pages.

    Attributes:
        address: The address that it listens on; None: any may be its own.
    """

    address: IPv4Address | IPv6Address | None

    @classmethod
    def of(cls, host: str) -> Hosts:
        """Return those of a Node that listens on an address; empty: who knows which."""
        address = ip_address(host) if host else None
        return cls(None if address is None or address.is_unspecified else address)

    @property
    def are_ours(self) -> bool:
        """Whether only this machine can reach the Node."""
        return self.address is not None and self.address.is_loopback

    def allow(self, name: str) -> bool:
        """Say whether a name is one of ours; what is an address means no other."""
        name = name.lower().rstrip(".")
        if name == "localhost" or name.endswith(".localhost"):
            return True
        try:
            address = ip_address(name.strip("[]"))
        except ValueError:
            return False
        return self.address is None or address.is_loopback or address == self.address


@frozen
class Guard:
    """Decides who is let through.

    Attributes:
        hosts: The names under which the Node may be asked.
    """

    hosts: Hosts

    def refusal(self, request: IRequest) -> IResource | None:
        """Set the headers; return what answers instead of what was asked for."""
        for name, _ in list(request.responseHeaders.getAllRawHeaders()):
            if name.lower().startswith(b"access-control-"):
                request.responseHeaders.removeHeader(name)
        for name, value in _HEADERS:
            request.setHeader(name, value)
        said = request.requestHeaders.getRawHeaders(b"host", [])
        host = said[0].decode("latin-1") if len(said) == 1 else ""
        found = _HOST.fullmatch(host)
        if found is None or not self.hosts.allow(found[1]):
            return _Refusal(
                HTTPStatus.FORBIDDEN,
                "the pages for developers are shown at localhost and at the address"
                " that the node listens on, and under no other name",
            )
        policy = _POLICY.format(host=host)
        request.setHeader(b"content-security-policy", policy.encode())
        site = request.getHeader(b"sec-fetch-site")
        mode = request.getHeader(b"sec-fetch-mode")
        if site in (b"cross-site", b"same-site") and mode != b"navigate":
            return _Refusal(
                HTTPStatus.FORBIDDEN, "this is not for pages of other sites"
            )
        return None


class Guarded(Resource):
    """A resource, and what is below it, behind a Guard."""

    def __init__(self, inner: IResource, guard: Guard) -> None:
        super().__init__()
        self._inner = inner
        self._guard = guard

    @override
    def getChildWithDefault(self, path: bytes, request: IRequest) -> IResource:
        """Lead on, or refuse."""
        refusal = self._guard.refusal(request)
        if refusal is not None:
            return refusal
        child: IResource = self._inner.getChildWithDefault(path, request)
        return child

    @override
    def render(self, request: IRequest) -> bytes | int:
        """Answer, or refuse."""
        refusal = self._guard.refusal(request)
        body: bytes | int = (refusal or self._inner).render(request)
        return body


class _Refusal(JSONResource):
    """Answers, whatever is asked, with a reason why not."""

    isLeaf = True  # noqa: N815 -- the name that Twisted reads

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__()
        self._status = status
        self._reason = reason

    @override
    def render(self, request: IRequest) -> bytes:
        """Refuse."""
        document = {"code": self._status.value, "error": self._reason}
        return answer(request, document, self._status)
