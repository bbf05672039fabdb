"""`POST /matchmake/{method}/{kind or room id}`: the way to a Seat."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final, cast

from attrs import frozen
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.web.http import Request
from twisted.web.iweb import IRequest
from twisted.web.resource import IResource
from twisted.web.server import NOT_DONE_YET
from typing_extensions import override

from nexus.api.option import read_options
from nexus.api.plain import answer_plainly
from nexus.api.resource import JSONResource, Missing, answer
from nexus.bucket import Buckets
from nexus.errors import Code, PeerError, Refused
from nexus.match import Matchmaker, Reservation
from nexus.match.entrance import dialect_of
from nexus.room import Context
from nexus.room.ident import make_id
from nexus.wire.dialect import CURRENT, Dialect
from nexus.wire.request import Exchange, PlainRequest

__all__ = ["Matchmake"]

_Method = Callable[[str, Mapping[str, Any], Context], Awaitable[Reservation]]

#: What stands in a path, and what it calls.
_METHODS: Final = {
    "joinOrCreate": "join_or_create",
    "create": "create",
    "join": "join",
    "joinById": "join_by_id",
    "reconnect": "reconnect",
}

_BEARER: Final = "Bearer "


@frozen
class _Wish:
    """What was asked for, however the request was read.

    Attributes:
        path: The whole path, which may name a version of the SDK.
        dialect: The version that is named beside it; None: none is.
        words: The rest of the path.
        forwarded: What proxies say of where it came from.
        peer: The host that it came from.
        headers: Its headers, by their names in lower case.
        body: Its body, or more of it than may be read.
    """

    path: str
    dialect: str | None
    words: Sequence[str]
    forwarded: str
    peer: str
    headers: dict[str, str]
    body: bytes


class Matchmake(JSONResource):
    """Answers wishes for a Seat, in the words of Colyseus' SDKs.

    Args:
        matchmaker: What grants them.
        rates: How often one address may wish.
        body_bytes: How long the join options may be.
        address: Tells the IP address that a request came from, by what proxies say
            of it and the host of the connection.
        holder: Tells whom the wishes of an address are counted for.
    """

    isLeaf = True  # noqa: N815 -- the name that Twisted reads

    _log = Logger()

    def __init__(
        self,
        matchmaker: Matchmaker,
        *,
        rates: Buckets,
        body_bytes: int,
        address: Callable[[str, str], str],
        holder: Callable[[str], str],
    ) -> None:
        super().__init__()
        self._matchmaker = matchmaker
        self._rates = rates
        self._body_bytes = body_bytes
        self._address = address
        self._holder = holder

    @override
    def getChild(self, path: bytes, request: IRequest) -> IResource:
        """Nothing stands below."""
        return Missing()

    def render_POST(self, request: IRequest) -> int:  # noqa: N802 -- found by its name
        """Grant a wish, or say why not."""
        gone: list[bool] = []
        ended = cast(Request, request).notifyFinish()
        _ = ended.addErrback(lambda _: gone.append(True))

        def respond(document: dict[str, Any], status: int) -> None:
            if not gone:
                request.write(answer(request, document, status))
                request.finish()

        named = request.args.get(b"nexus-sdk")
        # As bytes: Twisted raises for what is no UTF-8, and peers may send that.
        forwarded = request.requestHeaders.getRawHeaders(b"x-forwarded-for", [])
        headers = {
            name.decode("latin-1").lower(): values[-1].decode("latin-1")
            for name, values in request.requestHeaders.getAllRawHeaders()
        }
        wish = _Wish(
            request.uri.decode("latin-1"),
            named[-1].decode("ascii", "replace") if named else None,
            [word.decode("utf-8", "replace") for word in request.postpath],
            b",".join(forwarded).decode("latin-1"),
            getattr(request.getClientAddress(), "host", ""),
            headers,
            request.content.read(self._body_bytes + 1),
        )
        self._begin(wish, respond)
        return NOT_DONE_YET

    def take_below(
        self,
        words: Sequence[str],
        request: PlainRequest,
        exchange: Exchange,
        said: bytes,
    ) -> bool:
        """Grant a wish that was sent plainly, or say why not."""
        headers = request.headers
        if "form" in headers.get("content-type", "").lower():
            # Twisted reads forms, and what they say counts as if it were in the query.
            return False
        wish = _Wish(
            request.target,
            None,
            words,
            headers.get("x-forwarded-for", ""),
            getattr(exchange.address, "host", ""),
            headers,
            request.body,
        )
        self._begin(
            wish,
            lambda document, status: answer_plainly(exchange, document, status, said),
        )
        return True

    def _begin(
        self, wish: _Wish, respond: Callable[[dict[str, Any], int], None]
    ) -> None:
        """Let a wish be granted, and answered."""
        work = Deferred.fromCoroutine(self._answer(wish, respond))
        _ = work.addErrback(
            lambda failure: self._log.failure("matchmaking failed", failure=failure)
        )

    async def _answer(
        self, wish: _Wish, respond: Callable[[dict[str, Any], int], None]
    ) -> None:
        dialect = CURRENT
        try:
            dialect = dialect_of(wish.path, wish.dialect or None)
            document = await self._grant(wish, dialect)
            status = HTTPStatus.OK.value
        except Refused as refusal:
            denials = self._matchmaker.around.meters.denials
            denials.labels(str(refusal.code)).inc()
            code = dialect.code(refusal.code)
            document = {"code": code, "error": str(refusal)}
            status = HTTPStatus.OK.value if dialect.nested else _status(code)
        except PeerError as error:
            document = {"error": str(error)}
            status = HTTPStatus.BAD_REQUEST.value
        except Exception:  # noqa: BLE001  # who asked must be answered in any case
            ident = make_id(self._matchmaker.around.random)
            self._log.failure("matchmaking failed, error {error_id}", error_id=ident)
            document = {"code": Code.UNHANDLED, "error": f"internal error {ident}"}
            status = _status(Code.UNHANDLED)
        respond(document, status)

    async def _grant(self, wish: _Wish, dialect: Dialect) -> dict[str, Any]:
        """Return the seat that was asked for.

        Raises:
            Refused: It is denied.
            PeerError: The request is none.
        """
        address = self._address(wish.forwarded, wish.peer)
        around = self._matchmaker.around
        holder = self._holder(address)
        if not self._rates.take(holder, around.clock.seconds()):
            around.meters.beyond.labels("joins_per_second").inc()
            raise Refused("too many joins from this address", Code.LIMIT)
        words = wish.words
        if len(words) != 2 or words[0] not in _METHODS:
            name = words[0] if words else ""
            raise Refused(f'invalid method "{name}"', Code.NO_KIND)
        options = self._options(wish.body)
        said = wish.headers.get("authorization", "")
        token = said.removeprefix(_BEARER) if said.startswith(_BEARER) else ""
        call: _Method = getattr(self._matchmaker, _METHODS[words[0]])
        granted = await call(
            words[1], options, Context(token, address, wish.headers, holder)
        )
        return granted.plain(dialect)

    def _options(self, body: bytes) -> dict[str, Any]:
        """Read the join options.

        Raises:
            PeerError: The body is no JSON object.
            Refused: The body is too long.
        """
        if len(body) > self._body_bytes:
            raise Refused(
                "the join options are too long", HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            )
        if not body.strip():
            return {}
        try:
            return read_options(body)
        except (ValueError, RecursionError):
            raise PeerError("malformed request body") from None


def _status(code: int) -> int:
    """Return an HTTP status that is as near to a code as there is one."""
    return code if 400 <= code <= 599 else HTTPStatus.INTERNAL_SERVER_ERROR.value
