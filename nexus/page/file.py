"""Files that browsers load: kept in memory, compressed, and told apart by content."""

from __future__ import annotations

import gzip
import re
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from stat import S_ISREG
from typing import Final

from attrs import frozen
from twisted.web.iweb import IRequest
from twisted.web.resource import IResource
from typing_extensions import override

from nexus.api.resource import JSONResource, Missing, answer

__all__ = ["Files"]

#: What is served, by the end of its name; nothing else is, whatever lies in a folder.
_TYPES: Final = {
    ".css": b"text/css; charset=utf-8",
    ".html": b"text/html; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".json": b"application/json",
    ".map": b"application/json",
    ".mjs": b"text/javascript; charset=utf-8",
    ".svg": b"image/svg+xml",
    ".txt": b"text/plain; charset=utf-8",
}

#: What a file may be called: no name that leads out of its folder is like this.
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")

#: What is smaller than this is one packet either way.
_WORTH: Final = 1000


@frozen
class _Content:
    """What a file held when it was read.

    Attributes:
        stamp: Time and size of the file by which a change is noticed.
        body: The bytes.
        packed: The same, compressed; empty: not worth it.
        tag: What differs when the bytes do.
    """

    stamp: tuple[int, int]
    body: bytes
    packed: bytes
    tag: str

    @classmethod
    def of(cls, body: bytes, stamp: tuple[int, int]) -> _Content:
        """Compress the bytes and name them."""
        packed = b""
        if len(body) >= _WORTH:
            # Without a time in it, equal bytes stay equal.
            packed = gzip.compress(body, 9, mtime=0)
        tag = sha256(body).hexdigest()[:24]
        return cls(stamp, body, packed if len(packed) < len(body) else b"", tag)


class Files(JSONResource):
    """The files of one folder, by their names; nothing of folders below it.

    Browsers keep them and ask each time whether they are still the same, so that a page
    never mixes files of two versions.

    Args:
        folder: Where they are.
        absent: What is said of a file that is missing while the folder is empty.
    """

    def __init__(self, folder: Path, *, absent: str = "not found") -> None:
        super().__init__()
        self._folder = folder
        self._absent = absent
        #: As many as there are files: nothing enters that was not found.
        self._known: dict[str, _Content] = {}

    @override
    def getChild(self, path: bytes, request: IRequest) -> IResource:
        """Find a file."""
        name = path.decode("latin-1")
        kind = _TYPES.get(Path(name).suffix)
        if kind is None or not _NAME.fullmatch(name):
            return Missing()
        content = self._read(name)
        if content is not None:
            return _File(content, kind)
        return Missing() if self._is_filled() else _Absent(self._absent)

    def _is_filled(self) -> bool:
        return self._folder.is_dir() and any(self._folder.iterdir())

    def _read(self, name: str) -> _Content | None:
        """Return what a file holds, read again if it has changed; None: no file."""
        path = self._folder / name
        try:
            status = path.stat()
            if not S_ISREG(status.st_mode):
                return None
            stamp = status.st_mtime_ns, status.st_size
            known = self._known.get(name)
            if known is None or known.stamp != stamp:
                known = _Content.of(path.read_bytes(), stamp)
                self._known[name] = known
        except OSError:
            self._known.pop(name, None)
            return None
        return known


class _File(JSONResource):
    """One file."""

    def __init__(self, content: _Content, kind: bytes) -> None:
        super().__init__()
        self._content = content
        self._kind = kind

    def render_GET(self, request: IRequest) -> bytes:  # noqa: N802 -- found by its name
        """Send it, or say that the browser has it."""
        content = self._content
        packs = bool(content.packed) and _takes_gzip(request)
        tag = f'"{content.tag}-gz"' if packs else f'"{content.tag}"'
        request.setHeader(b"etag", tag.encode())
        request.setHeader(b"cache-control", b"no-cache")
        request.setHeader(b"x-content-type-options", b"nosniff")
        request.responseHeaders.addRawHeader(b"vary", b"accept-encoding")
        if _has(request, tag):
            request.setResponseCode(HTTPStatus.NOT_MODIFIED)
            return b""
        body = content.packed if packs else content.body
        request.setHeader(b"content-type", self._kind)
        if packs:
            request.setHeader(b"content-encoding", b"gzip")
        request.setHeader(b"content-length", b"%d" % len(body))
        return b"" if request.method == b"HEAD" else body


class _Absent(JSONResource):
    """Where a file would be, had somebody made it."""

    def __init__(self, reason: str) -> None:
        super().__init__()
        self._reason = reason

    def render_GET(self, request: IRequest) -> bytes:  # noqa: N802 -- found by its name
        """Say what is to be done."""
        document = {"code": 404, "error": self._reason}
        return answer(request, document, HTTPStatus.NOT_FOUND)


def _words(request: IRequest, name: bytes) -> list[str]:
    """Return what a header lists."""
    lines = request.requestHeaders.getRawHeaders(name, [])
    words = b",".join(lines).decode("latin-1").split(",")
    return [word.strip() for word in words]


def _takes_gzip(request: IRequest) -> bool:
    """Say whether the peer reads gzip: it names it, and not as what it refuses."""
    for word in _words(request, b"accept-encoding"):
        name, _, weight = word.partition(";")
        if name.strip().lower() in ("gzip", "*"):
            return not re.fullmatch(r"\s*q=0(\.0*)?\s*", weight.lower())
    return False


def _has(request: IRequest, tag: str) -> bool:
    """Say whether the peer has what we would send."""
    said = [word.removeprefix("W/") for word in _words(request, b"if-none-match")]
    return tag in said or "*" in said
