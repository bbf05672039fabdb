"""The command line of `twistd nexus`."""

from __future__ import annotations

import os
from typing import ClassVar, Final

from twisted.application.service import IService
from twisted.internet import reactor
from twisted.python.usage import Options as UsageOptions
from typing_extensions import override

from nexus.config import HOST, LOG_LEVEL, PORT, Config
from nexus.log import LoggedServices, keep_from, log_file
from nexus.service import make_node

__all__ = ["Options", "makeService"]

_HOST_HELP: Final = f"IP address to listen on [default: {HOST.default}]"
_PORT_HELP: Final = f"TCP port, or 0 for any free one [default: {PORT.default}]"
_LOG_HELP: Final = (
    "Least level to log: debug, info, warn, error or critical"
    f" [default: {LOG_LEVEL.default}]"
)


class Options(UsageOptions):
    """What can be said after `twistd nexus`."""

    synopsis = "[options]"
    longdesc = (
        "Serves a Nexus node on one port. What no option says is read from the"
        " environment (HOST, PORT, LOG_LEVEL), then the default holds. To run it in the"
        " foreground: twistd -n nexus"
    )
    optParameters: ClassVar = [  # noqa: N815 -- the name that Twisted reads
        [HOST.option, "H", None, _HOST_HELP],
        [PORT.option, "p", None, _PORT_HELP],
        [LOG_LEVEL.option, "l", None, _LOG_HELP],
    ]

    config: Config

    @override
    def postOptions(self) -> None:
        """Make the Config.

        Raises:
            UsageError: A value is wrong, or a setting is not served yet.
        """
        self.config = Config.load(self, os.environ)


def makeService(options: Options) -> IService:  # noqa: N802 -- Twisted calls it so
    """Build the Node that the options describe."""
    config, twistd = options.config, options.parent
    node = make_node(config, reactor=reactor, clock=reactor)
    # Whoever names a logger, or syslog, filters there.
    if not twistd or twistd.get("logger") or twistd.get("syslog"):
        return node
    services = LoggedServices(keep_from(config.log_level, log_file(twistd)))
    node.setServiceParent(services)
    return services
