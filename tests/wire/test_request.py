"""Tests of `nexus.wire.request`."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.http import HTTPChannel, Request

from nexus.wire.request import PlainRequest, read_plain
from tests import examples

_NAMES = st.sampled_from(
    ["Host", "x-a", "X_b", "Accept", "Connection", "Content-Type", "Cookie", "x-a:", ""]
)
_VALUES = st.one_of(
    st.sampled_from(["", " ", "a", "close", "a\tb", " a, b ", "\x7f", "\xe9", "a\0b"]),
    st.text(st.characters(max_codepoint=255), max_size=6),
)
_LINES = st.one_of(
    st.builds("{}: {}".format, _NAMES, _VALUES),
    st.builds("{}:{}".format, _NAMES, _VALUES),
    st.sampled_from(["0", "2", "+2", "2 ", "x"]).map("Content-Length: {}".format),
    st.sampled_from([" folded", "Transfer-Encoding: chunked", "Expect: 100-continue"]),
)
_FIRSTS = st.sampled_from(
    [
        "GET / HTTP/1.1",
        "POST /matchmake/join/room HTTP/1.1",
        "POST /a?b=c%20d HTTP/1.1",
        "PUT / HTTP/1.1",
        "GET / HTTP/1.0",
        "GET /a#b HTTP/1.1",
        "GET  / HTTP/1.1",
        "GET * HTTP/1.1",
        "GET /\xe9 HTTP/1.1",
        "",
    ]
)


class _Heard(Request):
    """Keeps how Twisted read it."""

    def process(self) -> None:
        """Be kept."""
        self.channel.heard.append(self)


def read_slowly(chunk: bytes) -> list[tuple[str, str, dict[str, list[bytes]], bytes]]:
    """Return the requests that Twisted reads in a chunk."""
    channel: Any = HTTPChannel()
    channel.requestFactory, channel.heard = _Heard, []
    channel.makeConnection(StringTransport())
    channel.dataReceived(chunk)
    return [
        (
            each.method.decode(),
            each.uri.decode("latin-1"),
            {
                name.decode().lower(): list(values)
                for name, values in each.requestHeaders.getAllRawHeaders()
            },
            each.content.read(),
        )
        for each in channel.heard
    ]


class ReadPlainTests(SynchronousTestCase):
    def test_request_is_read(self) -> None:
        """A whole request is parted into what it consists of."""
        chunk = b"POST /a/b?c HTTP/1.1\r\nHost: x\r\nCONTENT-length:2 \r\n\r\n{}"

        self.assertEqual(
            read_plain(chunk),
            PlainRequest("POST", "/a/b?c", {"host": "x", "content-length": "2"}, b"{}"),
        )

    def test_what_is_not_plain_is_left(self) -> None:
        """Whatever is cut off, doubled, folded, or read otherwise is not taken."""
        head = b"GET / HTTP/1.1\r\n"
        for chunk in (
            b"",
            head,
            head + b"\r\n",
            head + b"Host: x\r\n",
            head + b"Host: x\r\n\r\nmore",
            head + b"Host: x\r\n y\r\n\r\n",
            head + b"Host: x\r\nhost: y\r\n\r\n",
            head + b"Host: x\nA: b\r\n\r\n",
            head + b"Host : x\r\n\r\n",
            head + b"A: \xe9\r\n\r\n",
            head + b"A: " + b"b" * 9_000 + b"\r\n\r\n",
            head + b"".join(b"A%d:\r\n" % each for each in range(101)) + b"\r\n",
            head + b"Transfer-Encoding: chunked\r\n\r\n",
            head + b"Expect: 100-continue\r\n\r\n",
            head + b"Content-Length: 3\r\n\r\nab",
            head + b"Content-Length: 2\r\n\r\nabc",
            head + b"Content-Length: +2\r\n\r\nab",
            head + b"Content-Length: 00000002\r\n\r\nab",
            b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET / HTTP/1.0\r\nHost: x\r\n\r\n",
            b"GET /# HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET x HTTP/1.1\r\nHost: x\r\n\r\n",
        ):
            self.assertIsNone(read_plain(chunk), chunk)

    @settings(max_examples=examples(test=200, soak=20_000))
    @given(_FIRSTS, st.lists(_LINES, max_size=5), st.sampled_from(["", "{}", "a\r\n"]))
    def test_twisted_reads_the_same(
        self, first: str, lines: list[str], body: str
    ) -> None:
        """Whatever is taken for plain is one request for Twisted, and the same one."""
        text = "\r\n".join([first, *lines, "", body])
        chunk = text.encode("latin-1")
        request = read_plain(chunk)

        if request is not None:
            headers = {
                name: [value.encode()] for name, value in request.headers.items()
            }
            found = (request.method, request.target, headers, request.body)
            self.assertEqual(read_slowly(chunk), [found])
