"""A Node that starts again when the code of its app changes, put together."""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable, MutableMapping
from typing import Any, Final, cast

from attrs import evolve
from twisted.application.service import IService, MultiService
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger

from nexus.app import App
from nexus.config import Config
from nexus.errors import Close
from nexus.load import load_app
from nexus.reload.handover import Handover, KeptPort
from nexus.reload.look import Look
from nexus.reload.service import Reload
from nexus.reload.trial import Trial, explained
from nexus.service import make_node

__all__ = ["make_reloading_node"]

#: How long Rooms may take to end, in seconds: somebody waits for the new code.
_LONGEST: Final = 3.0

_log = Logger("nexus.reload")


def make_reloading_node(
    config: Config,
    *,
    reactor: Any,
    environment: MutableMapping[str, str],
    steady: Callable[[], float],
) -> IService:
    """Join the objects of a Node that starts again when the code of its app changes.

    Args:
        config: The settings; they name an app.
        reactor: The reactor; it is stopped for a restart.
        environment: That of this process, which the next program gets too.
        steady: Tells seconds that nobody can set.
    """
    folder = os.getcwd()
    handover = Handover.take(environment, folder)
    # Called when all else has ended: what comes later in here is called before.
    atexit.register(handover.finish, environment, command=sys.orig_argv[1:])
    # Caches tell versions of a file apart by the second, and people are quicker.
    sys.dont_write_bytecode = True
    look = Look(folder, sys.modules)
    seen = look.stamps()
    app, is_broken = _load(config.app, handover)
    port = KeptPort(reactor, handover.descriptor)

    def restart() -> None:
        if app.matchmaker is not None:
            app.matchmaker.around.shutdown_code = Close.MAY_REJOIN
        handover.prepare(port, reactor.seconds())
        reactor.stop()

    def off_thread(call: Any) -> Deferred[Any]:
        return deferToThreadPool(reactor, reactor.getThreadPool(), call)

    trial = Trial(config.app, folder, environment, reactor, reactor)
    node = MultiService()
    settings = evolve(config, shutdown_seconds=min(config.shutdown_seconds, _LONGEST))
    served = make_node(
        settings, app, reactor=cast(Any, port), clock=reactor, steady=steady
    )
    served.setServiceParent(node)
    Reload(
        look,
        seen,
        trial.run,
        restart,
        reactor,
        off_thread,
        is_broken=is_broken,
        began=handover.began,
    ).setServiceParent(node)
    return node


def _load(name: str, handover: Handover) -> tuple[App, bool]:
    """Load the app, or else one without Rooms if it could be loaded a moment ago."""
    try:
        return load_app(name), False
    except Exception as error:
        # Who starts a Node is told at once; who edits wants it back with the next save.
        if handover.began is None:
            raise
        _log.error(
            "the code changed once more and fails now, no rooms until it is mended:"
            "\n{wrong}",
            wrong=explained(error),
        )
        return App(), True
