"""Settings: what they are called on the command line and in the environment.

A new setting needs a row in `SETTINGS`, a field of `Config`, an option in `nexus.tap`
(unless it is a `Secret`) and a row in `docs/configuration.md` and `.env.example`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attrs import frozen
from typing_extensions import override

__all__ = ["SETTINGS", "UNSERVED", "Secret", "Setting", "Switch"]


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


@frozen
class Switch(Setting):
    """A setting that is on or off; its option takes no value and switches it on."""

    default: str = "0"

    @override
    def choose(
        self, options: Mapping[str, str | None], environment: Mapping[str, str]
    ) -> str:
        """Return `1` or what the environment says."""
        if options.get(self.option):
            return "1"
        return environment.get(self.name) or self.default


@frozen
class Secret(Setting):
    """A setting without an option: whoever lists processes can read command lines."""

    option: str = ""
    default: str = ""

    @override
    def choose(
        self, options: Mapping[str, str | None], environment: Mapping[str, str]
    ) -> str:
        """Return what the environment says."""
        return environment.get(self.name) or self.default


HOST: Final = Setting("HOST", "host", "127.0.0.1")
PORT: Final = Setting("PORT", "port", "5000")
LOG_LEVEL: Final = Setting("LOG_LEVEL", "log-level", "info")
LOG_FORMAT: Final = Setting("LOG_FORMAT", "log-format", "json")
APP: Final = Setting("NEXUS_APP", "app", "")
LISTEN: Final = Setting("LISTEN", "listen", "")
CORS_ORIGIN: Final = Setting("CORS_ORIGIN", "cors-origin", "*")
TRUSTED_PROXIES: Final = Setting("TRUSTED_PROXIES", "trusted-proxies", "0")
HEARTBEAT: Final = Setting("HEARTBEAT", "heartbeat", "30")
COMPRESS_FROM: Final = Setting("COMPRESS_FROM", "compress-from", "1024")
LIMITS: Final = Setting("LIMITS", "limits", "")
SHUTDOWN: Final = Setting("SHUTDOWN_SECONDS", "shutdown-seconds", "30")
DATABASE_URL: Final = Setting("DATABASE_URL", "database", "")
DB_HOST: Final = Setting("DB_HOST", "db-host", "")
DB_PORT: Final = Setting("DB_PORT", "db-port", "")
DB_NAME: Final = Setting("DB_NAME", "db-name", "")
DB_USER: Final = Setting("DB_USER", "db-user", "")
DB_PASSWORD: Final = Secret("DB_PASSWORD")
DB_SSL: Final = Setting("DB_SSL", "db-ssl", "")
DB_ROOT: Final = Setting("DB_SSL_ROOT_CERT", "db-ssl-root-cert", "")
DB_POOL_MAX: Final = Setting("DB_POOL_MAX", "db-pool-max", "10")
DB_POOL_IDLE: Final = Setting("DB_POOL_IDLE_TIMEOUT", "db-pool-idle-timeout", "60")
COMMIT_INTERVAL: Final = Setting("COMMIT_INTERVAL", "commit-interval", "0.05")
ABANDON: Final = Setting("ROOM_ABANDON_HOURS", "room-abandon-hours", "24")
DELETE: Final = Setting("ROOM_DELETE_HOURS", "room-delete-hours", "24")
DEV: Final = Switch("NEXUS_DEV", "dev")
RELOAD: Final = Switch("NEXUS_RELOAD", "reload")

#: Every setting that is served.
SETTINGS: Final = (
    HOST,
    PORT,
    LISTEN,
    APP,
    LOG_LEVEL,
    LOG_FORMAT,
    CORS_ORIGIN,
    TRUSTED_PROXIES,
    HEARTBEAT,
    COMPRESS_FROM,
    LIMITS,
    SHUTDOWN,
    DATABASE_URL,
    DB_HOST,
    DB_PORT,
    DB_NAME,
    DB_USER,
    DB_PASSWORD,
    DB_SSL,
    DB_ROOT,
    DB_POOL_MAX,
    DB_POOL_IDLE,
    COMMIT_INTERVAL,
    ABANDON,
    DELETE,
    DEV,
    RELOAD,
)

#: Names that a Node will know one day; obeying them in silence would be a lie.
UNSERVED: Final = ("REDIS_URL",)
