"""What is measured, one part after the other, each in processes of its own."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from bench.durable import cost
from bench.durable.store import STORES, Disk, Store, opened
from bench.load.contest import Crowd, Invalid
from bench.load.server import Server
from bench.report import line, section
from tests.support.postgres import missing_postgres

__all__ = ["run"]

_ROOT: Final = Path(__file__).resolve().parents[2]
_CLIENTS: Final = 200
_ROOM: Final = 10
_RATE: Final = 2000
_ROUNDS: Final = 3
_WARM: Final = 2.0
_SECONDS: Final = 8.0
#: How long commits wait for company, and what may come on top of it, in seconds.
_INTERVAL: Final = 0.05
_SLACK: Final = 0.015
_STORED: Final = 1000
_PATIENCE: Final = 60.0


def _how(store: Store) -> str:
    return "fsync" if store.fsync else "unsafe"


def _spawn(url: str, store: Store, port: int) -> Server:
    """Start a Node; it may not serve yet."""
    program = [sys.executable, "-m", "bench.durable.node"]
    process = subprocess.Popen(
        [*program, str(port), url, _how(store)],
        cwd=_ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return Server(process, port)


@contextmanager
def _node(url: str, store: Store) -> Iterator[tuple[Server, float]]:
    """Start a Node, and say how long it took to be ready; it is killed at last."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        port: int = held.getsockname()[1]
    began = time.perf_counter()
    server = _spawn(url, store, port)
    try:
        while _get(port, "/health/ready")[0] != 200:
            if server.process.poll() is not None:
                raise Invalid("the Node ended at its start")
            if time.perf_counter() - began > _PATIENCE:
                raise Invalid("the Node is not ready")
            time.sleep(0.01)
        yield server, time.perf_counter() - began
    finally:
        server.stop()


def _get(port: int, path: str) -> tuple[int, bytes]:
    """Ask a Node; the status is 0 if it does not answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except OSError:
        return 0, b""
    finally:
        connection.close()


def _inside(url: str, what: str, store: Store) -> dict[str, Any]:
    """Let a process do something, and return what it says of that."""
    said = subprocess.run(
        [sys.executable, "-m", "bench.durable.inside", url, what, _how(store)],
        cwd=_ROOT,
        capture_output=True,
        text=True,
    )
    if said.returncode:
        raise Invalid(said.stderr[-2000:])
    document: dict[str, Any] = json.loads(said.stdout)
    return document


def _crowd() -> Crowd:
    return Crowd(
        subprocess.Popen(
            [sys.executable, "-m", "bench.durable.crowd"],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
    )


def _commands(store: Store) -> None:
    """Let a crowd ask for commands to be confirmed; a goal is judged by some rounds."""
    has_goal = store.server and store.fsync
    with Disk() as disk:
        rounds = [_confirmed(store) for _ in range(_ROUNDS if has_goal else 1)]
    rounds.sort(key=lambda each: each[0]["p99"])
    said, cost_of_one = rounds[len(rounds) // 2]
    rate = said["answered"] / said["seconds"]
    p50, p99 = said["p50"] * 1e3, said["p99"] * 1e3
    most = (_INTERVAL + _SLACK) * 1e3
    line(
        f"{store.name}: {rate:,.0f} commands/s",
        f"p50 {p50:.0f} ms, p99 {p99:.0f}, most {said['last'] * 1e3:.0f}",
        f"p99 <= {most:.0f} ms" if has_goal else "",
        met=p99 <= most if has_goal else None,
    )
    if has_goal:
        every = ", ".join(f"{each['p99'] * 1e3:.0f}" for each, _ in rounds)
        line("", f"p99 of all rounds: {every} ms")
    if store.fsync:
        line("", f"the disk's own: {disk}")
    line("", f"{cost_of_one * 1e6:.0f} us of the Node's CPU a command")


def _confirmed(store: Store) -> tuple[dict[str, Any], float]:
    """Let a crowd ask, and kill the Node after that.

    Returns:
        What the crowd says, and the CPU that a command cost.
    """
    with opened(store) as url:
        with _node(url, store) as (server, _):
            crowd = _crowd()
            try:
                said, cpu, answered = _asked(crowd, server)
            finally:
                crowd.process.kill()
                crowd.process.wait(30)
        total = _inside(url, "totals", store)["total"]
    if total != answered:
        raise Invalid(f"{answered} commands were confirmed, and {total} are stored")
    return said, cpu / said["answered"]


def _asked(crowd: Crowd, server: Server) -> tuple[dict[str, Any], float, int]:
    joined = crowd.ask(
        "join", port=server.port, count=_CLIENTS, room=_ROOM, serializer="schema"
    )
    if joined["joined"] != _CLIENTS:
        raise Invalid(f"{joined['joined']} of {_CLIENTS} clients joined")
    warm = crowd.ask("command", seconds=_WARM, rate=_RATE)
    before = server.cpu()
    said = crowd.ask("command", seconds=_SECONDS, rate=_RATE)
    cpu = server.cpu() - before
    if said["answered"] != said["sent"] or warm["answered"] != warm["sent"]:
        raise Invalid(f"of {said['sent']} commands {said['answered']} were confirmed")
    return said, cpu, warm["answered"] + said["answered"]


def _populate(port: int) -> None:
    """Make Rooms."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    for _ in range(_STORED):
        connection.request("POST", "/matchmake/create/small", "{}")
        answer = connection.getresponse()
        if answer.status != 200:
            raise Invalid(f"no Room was made: {answer.read()!r}")
        _ = answer.read()
    connection.close()


def _start_up(store: Store) -> None:
    """Start a Node with many stored Rooms, after a crash and after a good end."""
    with opened(store) as url:
        with _node(url, store) as (server, empty):
            _populate(server.port)
        for how in ("a crash", "a restart"):
            with _node(url, store) as (server, seconds):
                metrics = _get(server.port, "/metrics")[1].decode()
                if f"\nnexus_rooms {_STORED}" not in metrics:
                    raise Invalid("not all Rooms go on")
                server.process.send_signal(signal.SIGTERM)
                server.process.wait(_PATIENCE)
            line(
                f"{store.name}: {_STORED:,} Rooms after {how}",
                f"ready after {seconds:.1f} s ({empty:.1f} with none)",
                "<= 5 s",
                met=seconds <= 5,
            )


def _return(store: Store) -> None:
    """Let Rooms sleep and wake."""
    with opened(store) as url:
        large = _inside(url, "large", store)
    milliseconds = large["seconds"] * 1e3
    line(
        f"{store.name}: a Room of 10,000 entities",
        f"{milliseconds:.0f} ms, longest gap {large['gap'] * 1e3:.0f}",
        "<= 250 ms",
        met=milliseconds <= 250,
    )
    with opened(store) as url:
        small = _inside(url, "small", store)
    milliseconds = small["seconds"] * 1e3
    line(
        f"{store.name}: a small Room",
        f"{milliseconds:.1f} ms, p99 {small['p99'] * 1e3:.1f}",
        "<= 10 ms",
        met=milliseconds <= 10,
    )


def _compaction(store: Store) -> None:
    with opened(store) as url:
        said = _inside(url, "compact", store)
    line(
        f"{store.name}: 20 entries of a Room of 10,000",
        f"gap {said['gap'] * 1e3:.0f} ms, worst {said['worst'] * 1e3:.0f}",
    )
    line("", f"in {said['seconds'] * 1e3:.0f} ms; idle gap {said['idle'] * 1e3:.1f}")


def _rows(store: Store) -> None:
    """Save a million rows, change some of them, and let them come back."""
    with opened(store) as url:
        saved = _inside(url, "rows", store)
        restored = _inside(url, "restored", store)
    line(
        f"{store.name}: the first time, all of them",
        f"{saved['stored']:.1f} s, folded after {saved['folded']:.1f}",
        "<= 5 s",
        met=saved["stored"] <= 5,
    )
    line(
        "",
        f"longest gap {saved['gap'] * 1e3:.0f} ms",
        "<= 10 ms",
        met=saved["gap"] <= 0.01,
    )
    line(
        f"{store.name}: 20,000 of them with each of 20 ticks a second",
        f"{saved['rate'] / 1e6:.2f} MB/s",
        "<= 1 MB/s",
        met=saved["rate"] <= 1e6,
    )
    line(
        "",
        f"a tick takes {saved['tick'] * 1e3:.1f} ms, longest gap"
        f" {saved['busy'] * 1e3:.0f}",
    )
    line(
        f"{store.name}: back after a crash",
        f"{restored['seconds']:.1f} s",
        "<= 5 s",
        met=restored["seconds"] <= 5,
    )
    line("", f"longest gap {restored['gap'] * 1e3:.0f} ms")


def run() -> None:
    """Print the figures."""
    stores = [each for each in STORES if not (each.server and missing_postgres())]
    safe = [each for each in stores if each.fsync]
    try:
        section(
            f"Confirmed commands: {_RATE:,}/s of {_CLIENTS} clients in rooms of {_ROOM}"
        )
        for store in stores:
            _commands(store)
        cost.run()
        section("Return of Rooms that sleep, from their database to their first tick")
        for store in safe:
            _return(store)
        section("Start of a Node, from its process to /health/ready")
        for store in safe:
            _start_up(store)
        section("A Table of 1,000,000 rows of 21 bytes, in a Room that is kept")
        for store in safe:
            _rows(store)
        section("Compaction while a Room lives: the longest gap of the reactor")
        for store in safe:
            _compaction(store)
    except Invalid as reason:
        line("INVALID", str(reason))
        raise SystemExit(1) from None
    if len(stores) < len(STORES):
        line("PostgreSQL", str(missing_postgres()))
