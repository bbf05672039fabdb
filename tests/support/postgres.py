"""A throwaway PostgreSQL server for tests, which can be stopped, killed and silenced.

All is blocking and ends in time. It listens on a Unix socket, and on a port of the
loopback address; nobody needs a password.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, Final

import psycopg2
from attrs import define, field

from nexus.store.location import ServerLocation
from tests.support.part import insist

__all__ = [
    "Cluster",
    "binaries",
    "missing_postgis",
    "missing_postgres",
    "shared_cluster",
]

_OLDEST: Final = 15

#: How long the server may need to start or to stop, in seconds.
_PATIENCE: Final = 30.0


@cache
def binaries() -> Path | None:
    """Return the folder of the programs of a server that is new enough."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if found := shutil.which("initdb"):
        places.insert(0, Path(found).resolve().parent)
    for place in places:
        initdb, server = place / "initdb", place / "postgres"
        if initdb.exists() and server.exists():
            said = subprocess.run(
                [initdb, "--version"], capture_output=True, text=True, check=True
            )
            if int(said.stdout.split()[2].partition(".")[0]) >= _OLDEST:
                return place
    return None


def missing_postgres() -> str | None:
    """Tell what keeps a server from running here, None if nothing does.

    Raises:
        RuntimeError: It is missing although this is a CI run, which must not pass for
            having skipped its tests.
    """
    return insist(None if binaries() else "no PostgreSQL 15 or newer is installed")


def missing_postgis() -> str | None:
    """Tell what keeps PostGIS from that server, None if nothing does.

    Raises:
        RuntimeError: As for the server.
    """
    place = binaries()
    if place is None:
        return missing_postgres()
    said = subprocess.run(
        [place / "pg_config", "--sharedir"], capture_output=True, text=True, check=True
    )
    there = Path(said.stdout.strip(), "extension/postgis.control").exists()
    return insist(None if there else "no PostGIS is installed")


@define(eq=False)
class Cluster:
    """One server with its data; `fsync` costs time and is for what asks for it."""

    fsync: bool = False
    _folder: Path = field(init=False)
    _port: int = field(init=False)
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _numbers: count[int] = field(factory=lambda: count(1), init=False)

    def create(self) -> None:
        """Make the data, and start."""
        # Not within the folder of the tests: the path of a socket has to be short, and
        # the user that runs the server has to get there.
        self._folder = Path(tempfile.mkdtemp(prefix="nexus-pg-", dir="/tmp"))
        atexit.register(self.destroy)
        if os.getuid() == 0:
            shutil.chown(self._folder, "postgres", "postgres")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self._run("initdb", "-D", "data", "-U", "postgres", "-A", "trust", "--no-sync")
        self.start()

    def destroy(self) -> None:
        """Stop, and delete everything."""
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def data(self) -> Path:
        """The folder of the data, in which settings can be changed before a start."""
        return self._folder / "data"

    def location(self, database: str = "postgres", **more: Any) -> ServerLocation:
        """Say where a database is."""
        where: dict[str, Any] = {"host": str(self._folder), "port": self._port} | more
        return ServerLocation(user="postgres", database=database, **where)

    def database(self) -> ServerLocation:
        """Make an empty database."""
        name = f"test_{next(self._numbers)}"
        self.run(f'CREATE DATABASE "{name}" TEMPLATE template0')
        return self.location(name)

    def encrypt(self, certificate: bytes, key: bytes) -> None:
        """Let the server talk TLS on its port from now on, with this certificate."""
        for name, content in (("server.crt", certificate), ("server.key", key)):
            path = self.data / name
            path.touch(mode=0o600)
            path.write_bytes(content)
            if os.getuid() == 0:
                shutil.chown(path, "postgres", "postgres")
        self.run("ALTER SYSTEM SET ssl = on")
        self.stop()
        self.start()

    def run(self, sql: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run one statement on a connection of its own."""
        connection = psycopg2.connect(
            host=str(self._folder),
            port=self._port,
            user="postgres",
            dbname=database,
            connect_timeout=5,
        )
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def start(self) -> None:
        """Start the server, and wait until it answers.

        Raises:
            RuntimeError: It does not.
        """
        safe = "on" if self.fsync else "off"
        settings = {
            "unix_socket_directories": str(self._folder),
            "listen_addresses": "127.0.0.1",
            "port": str(self._port),
            "fsync": safe,
            "full_page_writes": safe,
            "shared_buffers": "16MB",
        }
        options = [f"--{name}={value}" for name, value in settings.items()]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(_binary("postgres")), "-D", "data", *options],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **_user(),
            )
        for _ in range(int(_PATIENCE / 0.02)):
            try:
                self.run("SELECT 1")
            except psycopg2.OperationalError:
                if self._process.poll() is not None:
                    break
                time.sleep(0.02)
            else:
                return
        raise RuntimeError((self._folder / "log").read_text("utf-8", "replace"))

    def stop(self) -> None:
        """End the server at once, as if it had crashed in good order."""
        self._end(signal.SIGQUIT)

    def shut_down(self) -> None:
        """End the server in good order; whoever is connected is told so."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """Kill the server and all of its processes, -9."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Let no process of the server do anything until `resume`."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let them all go on."""
        self._signal(signal.SIGCONT)

    def _end(self, how: signal.Signals) -> None:
        process = self._process
        if process is None or process.poll() is not None:
            return
        # Those that outlive it would keep another from starting.
        children = self._signal(how)
        process.wait(_PATIENCE)
        for _ in range(int(_PATIENCE / 0.01)):
            if not any(_is_alive(child) for child in children):
                return
            time.sleep(0.01)
        raise RuntimeError("a process of the server does not end")

    def _signal(self, how: signal.Signals) -> list[int]:
        """Signal the server and its processes; return those."""
        assert self._process is not None
        said = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self._process.pid)],
            capture_output=True,
            text=True,
        )
        children = [int(pid) for pid in said.stdout.split()]
        self._process.send_signal(how)
        for child in children:
            if _is_alive(child):
                os.kill(child, how)
        return children

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(_binary(program)), *arguments, "-E", "UTF8", "--locale=C.UTF-8"],
            cwd=self._folder,
            check=True,
            capture_output=True,
            **_user(),
        )


def _binary(name: str) -> Path:
    place = binaries()
    assert place is not None, "see missing_postgres()"
    return place / name


def _user() -> dict[str, Any]:
    """Say as whom to run the server, which refuses to be run by root."""
    if os.getuid() != 0:
        return {}
    return {"user": "postgres", "group": "postgres", "extra_groups": []}


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@cache
def shared_cluster() -> Cluster:
    """Return the one server that ends with this run; it does not sync to the disk."""
    cluster = Cluster()
    cluster.create()
    return cluster
