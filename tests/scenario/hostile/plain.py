"""Attacks on the HTTP side: heads, lengths, bodies and join options of every kind."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

from tests.support.attack import Address, blow, junk, request

__all__ = ["ATTACKS", "nasty", "options"]

_PATHS = (
    "/health",
    "/metrics",
    "/matchmake/create/echo",
    "/v16/matchmake/joinOrCreate/state",
    "/v17/matchmake/join/bench",
    "/matchmake/reconnect/nothing",
    "/matchmake/joinById/nothing",
    "/matchmake/__proto__/constructor",
    "/matchmake/create/%00%ff%0a%0d<script>",
    "/matchmake///",
    "/../../etc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "//",
    "*",
    "http://elsewhere/health",
    "/health?nexus-sdk=16&nexus-sdk=%ff",
    "/matchmake/create/echo?nexus-sdk=99",
    "/a" * 4_000,
)

_BREAKS = (b"\0", b"\xff", b"\r", b"\n", b" ", b"\x85", b"\r\n ", b"\r\n\r\n", b":")


def nasty(random: Random, depth: int = 0) -> Any:
    """Make a value that JSON can carry and nobody expects."""
    plain: tuple[Any, ...] = (
        None,
        True,
        -1,
        2**63,
        2**64,
        -(10**400),
        1e308,
        float("nan"),
        float("inf"),
        "",
        "\ud800",
        "\0\n\r\x1b[31m\u2028",
        "x" * 5_000,
        "__proto__",
        [],
        {},
    )
    if depth < 4 and random.random() < 0.4:
        names = ("__proto__", "constructor", "toString", "mode", "name", "", "\ud800")
        if random.random() < 0.5:
            return [nasty(random, depth + 1) for _ in range(random.randint(0, 4))]
        return {name: nasty(random, depth + 1) for name in random.sample(names, 3)}
    return random.choice(plain)


_NAMES = (
    "maxClients",
    "name",
    "role",
    "seconds",
    "filter",
    "mode",
    "rank",
    "reconnectionToken",
    "sessionId",
    "session_id",
    "auth",
    "metadata",
    "locked",
    "__proto__",
    "__nexus",
)


def options(random: Random) -> bytes:
    """Make join options as no SDK would."""
    way = random.randrange(8)
    if way == 0:
        deep = random.choice((30, 100, 900, 990, 4_000))
        return b'{"a":' + b"[" * deep + b"]" * deep + b"}"
    if way == 1:
        return junk(random, 400)
    if way == 2:
        return b'{"a":' + b"9" * random.choice((19, 400, 4_299, 9_000)) + b"}"
    if way == 3:
        return json.dumps(nasty(random)).encode()
    if way == 4:
        ours = {
            name: nasty(random) for name in ("serializer", "outline", "token", "resume")
        }
        return json.dumps({"__nexus": random.choice([ours, nasty(random)])}).encode()
    if way == 5:
        return b"{" + b",".join(b'"k%d":1' % n for n in range(3_000)) + b"}"
    said = {name: nasty(random) for name in random.sample(_NAMES, 4)}
    return json.dumps(said, ensure_ascii=random.random() < 0.9).encode(
        "utf-8", "surrogatepass"
    )


def _body(random: Random, address: Address) -> None:
    """Ask for a seat with options that are wrong."""
    kinds = "echo bench state views relay lobby queue drop requests codes full auth"
    method = random.choice(("create", "joinOrCreate", "join", "joinById", "reconnect"))
    kind = random.choice([*kinds.split(), "nothing", "%f0%9f%98%80", "__proto__"])
    head = random.choice(("", "/v16", "/v17", "/v18"))
    with blow(address) as one:
        body = options(random)
        one.send(
            request("POST", f"{head}/matchmake/{method}/{kind}", _headers(random), body)
        )
        one.read(0.2)


def _headers(random: Random) -> dict[str, str]:
    return random.choice(
        (
            {},
            {"Content-Type": "application/json"},
            {"Content-Type": "multipart/form-data; boundary=x"},
            {"Content-Type": "application/x-www-form-urlencoded; charset=nothing"},
            {"Content-Type": "multipart/form-data"},
            {"Content-Type": "\xff\xfe"},
            {"Origin": "\xff\xfe", "Authorization": "Bearer \xff"},
            {"Origin": "null", "X-Forwarded-For": "1.2.3.4, ::1, \xff"},
            {"Authorization": "Basic \0"},
            {"Cookie": "a=b; c; =; \xff=\xff" * 20},
            {"Expect": "100-continue"},
        )
    )


def _head(random: Random, address: Address) -> None:
    """Send a request whose head is wrong somewhere."""
    method = random.choice(
        ("GET", "POST", "OPTIONS", "TRACE", "get", "", "\xff", "A B")
    )
    whole = bytearray(request(method, random.choice(_PATHS), _headers(random)))
    for _ in range(random.randint(0, 3)):
        at = random.randrange(len(whole))
        whole[at : at + random.randint(0, 4)] = random.choice(_BREAKS)
    with blow(address) as one:
        one.send(bytes(whole))
        one.read()


def _length(random: Random, address: Address) -> None:
    """Lie about the length of a body."""
    lies = ("-1", "9" * 5_000, "1e3", "0x10", "", "5, 6", "99999999999", "+3", "\xb2")
    headers = {"Content-Length": random.choice(lies)}
    if random.random() < 0.3:
        headers["Transfer-Encoding"] = random.choice(("chunked", "gzip", "identity"))
    with blow(address) as one:
        one.send(request("POST", "/matchmake/create/echo", headers, junk(random, 200)))
        one.read()


def _chunked(random: Random, address: Address) -> None:
    """Send chunks that are none, or never end."""
    headers = {"Transfer-Encoding": "chunked"}
    chunks = random.choice(
        (
            b"-5\r\nhello\r\n",
            b"f" * 400 + b"\r\n",
            b"5;" + b"x" * 20_000 + b"\r\n",
            b"5\r\nhelloXX0\r\n\r\n",
            b"3\r\n{}\n\r\n0\r\n" + b"a: b\r\n" * 2_000,
            b"2\r\n{}\r\n0\r\n\r\n",
            b"ffff\r\n" + bytes(65_535) + b"\r\n",
            junk(random, 300),
        )
    )
    with blow(address) as one:
        one.send(request("POST", "/matchmake/create/echo", headers), chunks)
        one.read()


def _crowded(random: Random, address: Address) -> None:
    """Send many headers, long ones, or many requests at once."""
    way = random.randrange(4)
    with blow(address) as one:
        if way == 0:
            one.send(b"GET /health HTTP/1.1\r\n" + b"A: b\r\n" * 600 + b"\r\n")
        elif way == 1:
            one.send(b"GET /health HTTP/1.1\r\nA: " + b"b" * 70_000 + b"\r\n\r\n")
        elif way == 2:
            one.send(request("GET", random.choice(_PATHS)) * 40)
        else:
            one.send(b"GET /health HTTP/1.1\r\n" + b" x\r\n" * 50 + b"\r\n")
        one.read()


def _noise(random: Random, address: Address) -> None:
    """Speak no HTTP at all, or break off at any byte."""
    hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
    h2 = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    whole = request("POST", "/matchmake/create/echo", {}, b"{}")
    said = (hello, h2, junk(random, 2_000), whole[: random.randrange(len(whole))])
    with blow(address) as one:
        one.send(random.choice(said))
        one.read(0.005)


ATTACKS: tuple[Callable[[Random, Address], None], ...] = (
    _body,
    _body,
    _head,
    _length,
    _chunked,
    _crowded,
    _noise,
)
