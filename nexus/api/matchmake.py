"""`POST /matchmake/{method}/{kind or room id}`: the way to a Seat."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, Final, cast

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.web.http import Request
from twisted.web.iweb import IRequest
from twisted.web.resource import IResource
from twisted.web.server import NOT_DONE_YET
from typing_extensions import override

from nexus.api.option import read_options
from nexus.api.resource import JSONResource, Missing, answer
from nexus.bucket import Buckets
from nexus.errors import Code, PeerError, Refused
from nexus.match import Matchmaker, Reservation
from nexus.match.entrance import dialect_of
from nexus.room import Context
from nexus.room.ident import make_id
from nexus.wire.dialect import Dialect

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


class Matchmake(JSONResource):
    """Answers wishes for a Seat, in the words of Colyseus' SDKs.

    Args:
        matchmaker: What grants them.
        rates: How often one address may wish.
        body_bytes: How long the join options may be.
        address: Tells the IP address that a request came from.
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
        address: Callable[[IRequest], str],
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
        work = Deferred.fromCoroutine(self._answer(request, gone))
        _ = work.addErrback(
            lambda failure: self._log.failure("matchmaking failed", failure=failure)
        )
        return NOT_DONE_YET

    async def _answer(self, request: IRequest, gone: list[bool]) -> None:
        dialect = dialect_of("/", None)
        try:
            wish = request.args.get(b"nexus-sdk", [b""])[-1].decode("ascii", "replace")
            dialect = dialect_of(request.uri.decode("latin-1"), wish or None)
            document = await self._grant(request, dialect)
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
        if not gone:
            request.write(answer(request, document, status))
            request.finish()

    async def _grant(self, request: IRequest, dialect: Dialect) -> dict[str, Any]:
        """Return the seat that was asked for.

        Raises:
            Refused: It is denied.
            PeerError: The request is none.
        """
        address = self._address(request)
        meters = self._matchmaker.around.meters
        now = self._matchmaker.around.clock.seconds()
        holder = self._holder(address)
        if not self._rates.take(holder, now):
            meters.beyond.labels("joins_per_second").inc()
            raise Refused("too many joins from this address", Code.LIMIT)
        words = [word.decode("utf-8", "replace") for word in request.postpath]
        if len(words) != 2 or words[0] not in _METHODS:
            name = words[0] if words else ""
            raise Refused(f'invalid method "{name}"', Code.NO_KIND)
        options = self._options(request)
        said = (request.getHeader(b"authorization") or b"").decode("latin-1")
        token = said.removeprefix(_BEARER) if said.startswith(_BEARER) else ""
        headers = {
            name.decode("latin-1").lower(): values[-1].decode("latin-1")
            for name, values in request.requestHeaders.getAllRawHeaders()
        }
        call: _Method = getattr(self._matchmaker, _METHODS[words[0]])
        granted = await call(
            words[1], options, Context(token, address, headers, holder)
        )
        return granted.plain(dialect)

    def _options(self, request: IRequest) -> dict[str, Any]:
        """Read the join options.

        Raises:
            PeerError: The body is no JSON object.
            Refused: The body is too long.
        """
        body = request.content.read(self._body_bytes + 1)
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
