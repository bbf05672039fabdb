"""What a Node is told at its start: command line, then environment, then default."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Final

from attrs import field, fields, frozen
from twisted.logger import LogLevel
from twisted.python.usage import UsageError

from nexus.limit import Limits
from nexus.log import FORMATS
from nexus.setting import (
    ABANDON,
    APP,
    COMMIT_INTERVAL,
    COMPRESS_FROM,
    CORS_ORIGIN,
    DATABASE_URL,
    DB_HOST,
    DB_NAME,
    DB_PASSWORD,
    DB_POOL_IDLE,
    DB_POOL_MAX,
    DB_PORT,
    DB_ROOT,
    DB_SSL,
    DB_USER,
    DELETE,
    DEV,
    HEARTBEAT,
    HOST,
    LIMITS,
    LISTEN,
    LOG_FORMAT,
    LOG_LEVEL,
    PORT,
    RELOAD,
    SHUTDOWN,
    TRUSTED_PROXIES,
    UNSERVED,
    Setting,
)
from nexus.store.location import Location, locate

__all__ = ["Config"]

#: What confirmed commands wait for can be so long, in seconds.
_LONGEST_INTERVAL: Final = 5.0

#: So many hours are about ten years, and stand for as good as ever.
_MOST_HOURS: Final = 87_600

#: The word that people use for the loopback address.
_LOCALHOST: Final = "localhost"


#: The settings that say where the database is.
_WHERE: Final = (
    DATABASE_URL,
    DB_HOST,
    DB_PORT,
    DB_NAME,
    DB_USER,
    DB_PASSWORD,
    DB_SSL,
    DB_ROOT,
)


@frozen(kw_only=True)
class Config:
    """The settings of one Node, all of them valid.

    Attributes:
        host: The IP address to listen on.
        port: The TCP port to listen on; 0 lets the system choose one.
        listen: An endpoint to listen on instead of host and port; empty: none.
        app: The module that has the app; empty: there is none.
        log_level: The name of the least level that is logged.
        log_format: `json` or `text`.
        cors_origin: Patterns of the origins whose web pages may read and connect.
        trusted_proxies: How many proxies in front of the Node tell the peer's address.
        heartbeat: Seconds between two pings to a socket; 0: never.
        compress_from: Bytes from which a message is compressed; 0: never.
        limits: Fields of `Limits` that stand above those of the app.
        shutdown_seconds: How long rooms may take to end when the Node stops.
        database: Where Rooms are kept; None: in `nexus.db`, if there are Rooms to keep.
        pool_max: How many connections to a database server there may be.
        pool_idle: Seconds that one which is not needed is kept.
        commit_interval: Seconds from what a Room did to the end of its commit.
        abandon_seconds: After how long a Room that sleeps is given up.
        delete_seconds: How much later it is deleted, as are Rooms that ended.
        dev: Whether the Node shows its pages for developers.
        reload: Whether the Node starts again when the code of its app changes.
    """

    host: str
    port: int
    listen: str = ""
    app: str = ""
    log_level: str
    log_format: str = "json"
    cors_origin: tuple[str, ...] = ("*",)
    trusted_proxies: int = 0
    heartbeat: float = 30.0
    compress_from: int = 1024
    limits: Mapping[str, float] = field(factory=dict)
    shutdown_seconds: float = 30.0
    database: Location | None = None
    pool_max: int = 10
    pool_idle: float = 60.0
    commit_interval: float = 0.05
    abandon_seconds: float = 86_400.0
    delete_seconds: float = 86_400.0
    dev: bool = False
    reload: bool = False

    @classmethod
    def load(
        cls, options: Mapping[str, str | None], environment: Mapping[str, str]
    ) -> Config:
        """Make a Config of the given options and environment.

        Raises:
            UsageError: A value is wrong, or a setting is not served yet.
        """
        for name in UNSERVED:
            if environment.get(name):
                raise UsageError(f"{name} is not served yet; unset it to start")

        def chosen(setting: Setting) -> str:
            return setting.choose(options, environment)

        return cls(
            host=_host(chosen(HOST)),
            port=_port(chosen(PORT)),
            listen=chosen(LISTEN),
            app=chosen(APP),
            log_level=_log_level(chosen(LOG_LEVEL)),
            log_format=_log_format(chosen(LOG_FORMAT)),
            cors_origin=_origins(chosen(CORS_ORIGIN)),
            trusted_proxies=_count(TRUSTED_PROXIES, chosen(TRUSTED_PROXIES), 16),
            heartbeat=_seconds(HEARTBEAT, chosen(HEARTBEAT)),
            compress_from=_count(COMPRESS_FROM, chosen(COMPRESS_FROM), 2**24),
            limits=_limits(chosen(LIMITS)),
            shutdown_seconds=_seconds(SHUTDOWN, chosen(SHUTDOWN)),
            database=_database({each.name: chosen(each) for each in _WHERE}),
            pool_max=_pool_max(chosen(DB_POOL_MAX)),
            pool_idle=_seconds(DB_POOL_IDLE, chosen(DB_POOL_IDLE)),
            commit_interval=_commit_interval(chosen(COMMIT_INTERVAL)),
            abandon_seconds=_hours(ABANDON, chosen(ABANDON)),
            delete_seconds=_hours(DELETE, chosen(DELETE)),
            dev=_switch(DEV, chosen(DEV)),
            reload=_switch(RELOAD, chosen(RELOAD)),
        )


def _host(value: str) -> str:
    """Read an IP address."""
    if value == _LOCALHOST:
        return HOST.default
    try:
        return str(ip_address(value))
    except ValueError:
        raise UsageError(
            f"HOST is {value!r}; it must be an IP address of this machine,"
            " such as 127.0.0.1, or 0.0.0.0 for all of them"
        ) from None


def _port(value: str) -> int:
    """Read a TCP port."""
    digits = value.isascii() and value.isdigit() and len(value) <= 5
    if digits and int(value) <= 65535:
        return int(value)
    raise UsageError(
        f"PORT is {value!r}; it must be a whole number from 1 to 65535,"
        " or 0 for any free port"
    )


def _switch(setting: Setting, value: str) -> bool:
    """Read whether something is on."""
    if value in ("0", "1"):
        return value == "1"
    raise UsageError(f"{setting.name} is {value!r}; it must be 1 for on or 0 for off")


def _log_level(value: str) -> str:
    """Read the name of a log level."""
    names = [level.name for level in LogLevel.iterconstants()]
    if value in names:
        return value
    raise UsageError(f"LOG_LEVEL is {value!r}; it must be one of {', '.join(names)}")


def _log_format(value: str) -> str:
    """Read how lines of the log look."""
    if value in FORMATS:
        return value
    raise UsageError(f"LOG_FORMAT is {value!r}; it must be one of {', '.join(FORMATS)}")


def _origins(value: str) -> tuple[str, ...]:
    """Read a list of web origins, such as `https://game.example`."""
    origins = tuple(word.strip().rstrip("/") for word in value.split(",") if word)
    for origin in origins:
        scheme, mark, host = origin.partition("://")
        if origin != "*" and not (scheme and mark and host and "/" not in host):
            raise UsageError(
                f"CORS_ORIGIN has {origin!r}; it must be * or a list of origins such"
                " as https://game.example,https://*.game.example:8443"
            )
    return origins


def _count(setting: Setting, value: str, most: int) -> int:
    """Read a whole number."""
    if value.isascii() and value.isdigit() and len(value) < 10 and int(value) <= most:
        return int(value)
    raise UsageError(
        f"{setting.name} is {value!r}; it must be a whole number from 0 to {most}"
    )


def _database(values: Mapping[str, str]) -> Location | None:
    """Read where the database is."""
    try:
        return locate(values)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _pool_max(value: str) -> int:
    """Read how many connections to a database there may be."""
    most = _count(DB_POOL_MAX, value, 1_000)
    if most:
        return most
    raise UsageError("DB_POOL_MAX is 0; it must be a whole number from 1 to 1000")


def _commit_interval(value: str) -> float:
    """Read how long what Rooms did is collected before it is committed."""
    seconds = _seconds(COMMIT_INTERVAL, value)
    if seconds <= _LONGEST_INTERVAL:
        return seconds
    raise UsageError(
        f"COMMIT_INTERVAL is {value!r}; it must be a number of seconds up to"
        f" {_LONGEST_INTERVAL}: confirmed commands are answered no sooner"
    )


def _limits(value: str) -> dict[str, float]:
    """Read limits, each with its name, as in `rooms=100,inbox=16`."""
    known = {each.name: str(each.type) for each in fields(Limits)}
    limits: dict[str, float] = {}
    for word in filter(None, value.split(",")):
        name, _, number = (part.strip() for part in word.partition("="))
        if name not in known:
            raise UsageError(
                f"LIMITS has {name!r}; it can have {', '.join(sorted(known))}"
            )
        try:
            limits[name] = float(number) if known[name] == "float" else int(number)
            Limits(**{name: limits[name]})  # type: ignore[arg-type]  # by its type
        except ValueError:
            raise UsageError(
                f"LIMITS has {word.strip()!r}; it must be a number that makes sense,"
                f" such as {name}={getattr(Limits(), name)}"
            ) from None
    return limits


def _seconds(setting: Setting, value: str) -> float:
    """Read a time in seconds."""
    try:
        seconds = float(value)
    except ValueError:
        seconds = -1.0
    if 0 <= seconds <= 86_400:
        return seconds
    raise UsageError(
        f"{setting.name} is {value!r}; it must be a number of seconds, up to a day"
    )


def _hours(setting: Setting, value: str) -> float:
    """Read a time in hours; return it in seconds."""
    try:
        hours = float(value)
    except ValueError:
        hours = 0.0
    if 0 < hours <= _MOST_HOURS:
        return hours * 3_600
    raise UsageError(
        f"{setting.name} is {value!r}; it must be a number of hours, more than 0 and"
        f" up to {_MOST_HOURS}, which is ten years"
    )
