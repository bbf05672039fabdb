"""What a Node is told at its start: command line, then environment, then default.

A new setting needs a row in `SETTINGS`, a field of `Config`, an option in `nexus.tap`
and a row in `docs/configuration.md` and `.env.example`.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Final

from attrs import frozen
from twisted.logger import LogLevel
from twisted.python.usage import UsageError

__all__ = ["SETTINGS", "UNSERVED", "Config", "Setting"]

#: The word that people use for the loopback address.
_LOCALHOST: Final = "localhost"


@frozen
class Setting:
    """Where the value of one field of `Config` comes from.

    Attributes:
        name: The environment variable.
        option: The command-line option, without its dashes.
        default: What holds when neither of them is given.
    """

    name: str
    option: str
    default: str

    def choose(
        self, options: Mapping[str, str | None], environment: Mapping[str, str]
    ) -> str:
        """Return the value that wins; an empty variable counts as not set."""
        given = options.get(self.option)
        if given is not None:
            return given
        return environment.get(self.name) or self.default


HOST: Final = Setting("HOST", "host", "127.0.0.1")
PORT: Final = Setting("PORT", "port", "5000")
LOG_LEVEL: Final = Setting("LOG_LEVEL", "log-level", "info")

#: Every setting that is served.
SETTINGS: Final = (HOST, PORT, LOG_LEVEL)

#: Names that a Node will know one day; obeying them in silence would be a lie.
UNSERVED: Final = (
    "DATABASE_URL",
    "DB_HOST",
    "DB_PORT",
    "DB_NAME",
    "DB_USER",
    "DB_PASSWORD",
    "DB_SSL",
    "DB_POOL_MAX",
    "DB_POOL_IDLE_TIMEOUT",
    "REDIS_URL",
    "CORS_ORIGIN",
)


@frozen(kw_only=True)
class Config:
    """The settings of one Node, all of them valid.

    Attributes:
        host: The IP address to listen on.
        port: The TCP port to listen on; 0 lets the system choose one.
        log_level: The name of the least level that is logged.
    """

    host: str
    port: int
    log_level: str

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
        return cls(
            host=_host(HOST.choose(options, environment)),
            port=_port(PORT.choose(options, environment)),
            log_level=_log_level(LOG_LEVEL.choose(options, environment)),
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


def _log_level(value: str) -> str:
    """Read the name of a log level."""
    names = [level.name for level in LogLevel.iterconstants()]
    if value in names:
        return value
    raise UsageError(f"LOG_LEVEL is {value!r}; it must be one of {', '.join(names)}")
