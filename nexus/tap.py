"""The command line of `twistd nexus`."""

from __future__ import annotations

import os
from time import monotonic
from typing import ClassVar, Final

from twisted.application.service import IService
from twisted.internet import reactor
from twisted.python.usage import Options as UsageOptions
from twisted.python.usage import UsageError
from typing_extensions import override

from nexus.allocator import Allocator
from nexus.app import App
from nexus.config import Config
from nexus.haste import Haste
from nexus.interpreter import Interpreter
from nexus.load import load_app
from nexus.log import LoggedServices, keep_from, log_file
from nexus.reload import make_reloading_node
from nexus.service import make_node
from nexus.setting import (
    ABANDON,
    APP,
    COMMIT_INTERVAL,
    COMPRESS_FROM,
    CORS_ORIGIN,
    DATABASE_URL,
    DB_HOST,
    DB_NAME,
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
)

__all__ = ["Options", "makeService"]

_HOST_HELP: Final = f"IP address to listen on [default: {HOST.default}]"
_PORT_HELP: Final = f"TCP port, or 0 for any free one [default: {PORT.default}]"
_LISTEN_HELP: Final = (
    "Endpoint to listen on instead of host and port, such as"
    " ssl:443:privateKey=key.pem:certKey=cert.pem or unix:nexus.sock"
)
_APP_HELP: Final = "Module that has the rooms to serve, such as game.rooms"
_FORMAT_HELP: Final = f"How the log looks: json or text [default: {LOG_FORMAT.default}]"
_CORS_HELP: Final = (
    "Web origins whose pages may connect, parted by commas"
    f" [default: {CORS_ORIGIN.default}]"
)
_PROXIES_HELP: Final = (
    "How many proxies in front append to X-Forwarded-For"
    f" [default: {TRUSTED_PROXIES.default}]"
)
_HEARTBEAT_HELP: Final = (
    f"Seconds between pings to a client, 0 for none [default: {HEARTBEAT.default}]"
)
_COMPRESS_HELP: Final = (
    "Bytes from which a message is compressed, 0 for none"
    f" [default: {COMPRESS_FROM.default}]"
)
_LIMITS_HELP: Final = (
    "Limits that stand above those of the app, such as rooms=100,inbox=16"
)
_SHUTDOWN_HELP: Final = (
    f"Seconds that rooms may take to end [default: {SHUTDOWN.default}]"
)
_DATABASE_HELP: Final = (
    "Where rooms are kept: postgresql://user@host/name or sqlite:///file.db"
    " [default: nexus.db, if there are rooms to keep]"
)
_DB_HOST_HELP: Final = "Instead of a URL: the host of a PostgreSQL server"
_POOL_HELP: Final = f"Most connections to it [default: {DB_POOL_MAX.default}]"
_IDLE_HELP: Final = (
    f"Seconds that an idle connection is kept [default: {DB_POOL_IDLE.default}]"
)
_COMMIT_HELP: Final = (
    f"Seconds until what rooms did is committed [default: {COMMIT_INTERVAL.default}]"
)
_ABANDON_HELP: Final = (
    f"Hours after which a room that sleeps is given up [default: {ABANDON.default}]"
)
_DELETE_HELP: Final = (
    f"Hours after which that, or one that ended, is deleted [default: {DELETE.default}]"
)
_DEV_HELP: Final = "Show the welcome page and the playground, for developers only"
_RELOAD_HELP: Final = (
    "Start again when the Python files of the app change, for developers only"
)
_LOG_HELP: Final = (
    "Least level to log: debug, info, warn, error or critical"
    f" [default: {LOG_LEVEL.default}]"
)


class Options(UsageOptions):
    """What can be said after `twistd nexus`."""

    synopsis = "[options]"
    longdesc = (
        "Serves a Nexus node on one port. What no option says is read from the"
        " environment (HOST, PORT, NEXUS_APP and the others of docs/configuration.md),"
        " then the default holds. To run it in the"
        " foreground: twistd -n nexus"
    )
    optParameters: ClassVar = [  # noqa: N815 -- the name that Twisted reads
        [HOST.option, "H", None, _HOST_HELP],
        [PORT.option, "p", None, _PORT_HELP],
        [LISTEN.option, None, None, _LISTEN_HELP],
        [APP.option, "a", None, _APP_HELP],
        [LOG_LEVEL.option, "l", None, _LOG_HELP],
        [LOG_FORMAT.option, None, None, _FORMAT_HELP],
        [CORS_ORIGIN.option, None, None, _CORS_HELP],
        [TRUSTED_PROXIES.option, None, None, _PROXIES_HELP],
        [HEARTBEAT.option, None, None, _HEARTBEAT_HELP],
        [COMPRESS_FROM.option, None, None, _COMPRESS_HELP],
        [LIMITS.option, None, None, _LIMITS_HELP],
        [SHUTDOWN.option, None, None, _SHUTDOWN_HELP],
        [DATABASE_URL.option, "d", None, _DATABASE_HELP],
        [DB_HOST.option, None, None, _DB_HOST_HELP],
        [DB_PORT.option, None, None, "The server's port [default: 5432]"],
        [DB_NAME.option, None, None, "The name of the database [default: nexus]"],
        [DB_USER.option, None, None, "Who we are there [default: nexus]"],
        [DB_SSL.option, None, None, "TLS: disable, prefer, require, verify-full"],
        [DB_ROOT.option, None, None, "The file of certificates that vouch for it"],
        [DB_POOL_MAX.option, None, None, _POOL_HELP],
        [DB_POOL_IDLE.option, None, None, _IDLE_HELP],
        [COMMIT_INTERVAL.option, None, None, _COMMIT_HELP],
        [ABANDON.option, None, None, _ABANDON_HELP],
        [DELETE.option, None, None, _DELETE_HELP],
    ]
    optFlags: ClassVar = [  # noqa: N815 -- the name that Twisted reads
        [DEV.option, None, _DEV_HELP],
        [RELOAD.option, None, _RELOAD_HELP],
    ]

    config: Config
    app: App

    @override
    def postOptions(self) -> None:
        """Make the Config, and load the app unless that is to be done again and again.

        Raises:
            UsageError: A value is wrong, or a setting is not served yet.
        """
        self.config = Config.load(self, os.environ)
        if self.config.reload:
            self._check_reload()
        else:
            self.app = load_app(self.config.app) if self.config.app else App()

    def _check_reload(self) -> None:
        """Check that there is something to reload, and somebody to see it.

        Raises:
            UsageError: There is not.
        """
        if not self.config.app:
            raise UsageError("--reload starts an app again: name it with --app")
        # Only twistd can leave the foreground, and is told so beforehand.
        if self.parent is not None and not self.parent.get("nodaemon", True):
            raise UsageError(
                "--reload is for developers, and works in the foreground only:"
                " twistd -n nexus --reload"
            )


def makeService(options: Options) -> IService:  # noqa: N802 -- Twisted calls it so
    """Build the Node that the options describe.

    Raises:
        SystemExit: The app that is to be started again and again is not there.
    """
    config, twistd = options.config, options.parent
    if config.reload:
        try:
            node = make_reloading_node(
                config, reactor=reactor, environment=os.environ, steady=monotonic
            )
        except UsageError as error:
            # Beyond the options, twistd would show where in the code it was raised.
            raise SystemExit(f"nexus: {error}") from None
    else:
        node = make_node(
            config, options.app, reactor=reactor, clock=reactor, steady=monotonic
        )
    Haste().setServiceParent(node)
    Interpreter().setServiceParent(node)
    Allocator(reactor).setServiceParent(node)
    # Whoever names a logger, or syslog, filters there.
    if not twistd or twistd.get("logger") or twistd.get("syslog"):
        return node
    services = LoggedServices(
        keep_from(config.log_level, log_file(twistd), config.log_format)
    )
    node.setServiceParent(services)
    return services
