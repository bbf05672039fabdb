"""Descriptors: how many files and sockets this process may have open."""

from __future__ import annotations

try:
    import resource
except ImportError:  # Windows has no such limit
    resource = None  # type: ignore[assignment]  # a module has no optional type

from typing import Final

from attrs import define
from twisted.application.service import Service
from twisted.logger import Logger
from typing_extensions import override

__all__ = ["Descriptors"]

#: What a Node has open beside its sockets: its port, its log, threads, databases.
_SPARE: Final = 100


@define(eq=False)
class Descriptors(Service):
    """Lets the process have as many sockets as its limits promise, if it may.

    Systems let a process have 1,024 files open where nobody said more, and let it ask
    for more itself up to a bound that an administrator sets.
    """

    _connections: int

    _log = Logger()

    @override
    def startService(self) -> None:
        """Ask for what is needed; say so if that is too much."""
        Service.startService(self)
        if resource is None:
            return
        needed = self._connections + _SPARE
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if not _is_less(soft, needed):
            return
        wanted = hard if _is_less(hard, needed) else needed
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
        except (OSError, ValueError):
            # Some systems bound it lower than they say; what is open stays possible.
            pass
        if _is_less(soft, self._connections):
            self._log.warn(
                "this process may have {soft} files open, which is too few for"
                " {connections} connections: raise that (ulimit -n {needed}, or"
                " LimitNOFILE of systemd), or lower LIMITS=connections={fit}",
                soft=soft,
                connections=self._connections,
                needed=needed,
                fit=max(1, soft - _SPARE),
            )


def _is_less(limit: int, needed: int) -> bool:
    """Say whether a limit is too low; one that is infinite never is."""
    assert resource is not None
    return limit != resource.RLIM_INFINITY and limit < needed
