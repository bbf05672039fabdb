"""Reload: the service that starts a Node again when the code of its app changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from attrs import define, field
from twisted.application.service import Service
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger
from typing_extensions import override

from nexus.reload.look import Look, Stamp

__all__ = ["INTERVAL", "Reload"]

#: Seconds between two looks; files that did not change from one to the next rest.
INTERVAL: Final = 0.5


@define(eq=False)
class Reload(Service):
    """Looks at the files of an app, tries what is new, and asks for a restart.

    Args:
        look: Sees the files.
        seen: The files before the app was loaded.
        attempt: Tries the new code, and returns what is wrong with it, or nothing.
        restart: Starts the Node again; called once, at most.
        clock: The time of the world.
        off_thread: Calls what would make others wait.
        is_broken: Whether the code of the app could not be loaded at the start.
        began: When the restart began that led here; None: there was none.
    """

    _look: Look
    _seen: Mapping[str, Stamp]
    _attempt: Callable[[], Deferred[str]]
    _restart: Callable[[], None]
    _clock: IReactorTime
    _off_thread: Callable[[Callable[[], dict[str, Stamp]]], Deferred[Any]]
    _is_broken: bool = field(default=False, kw_only=True)
    _began: float | None = field(default=None, kw_only=True)
    _watching: Deferred[None] | None = field(default=None, init=False)

    _log = Logger()

    @override
    def startService(self) -> None:
        """Begin to look."""
        Service.startService(self)
        if self._began is None:
            self._log.info("changes in {folder} start again", folder=self._look.folder)
        else:
            seconds = max(0.0, self._clock.seconds() - self._began)
            self._log.info("started again in {seconds:.1f} s", seconds=seconds)
        self._watching = Deferred.fromCoroutine(self._watch())
        _ = self._watching.addErrback(self._fail)

    @override
    def stopService(self) -> None:
        """Look no more."""
        Service.stopService(self)
        watching, self._watching = self._watching, None
        if watching is not None:
            watching.cancel()

    def _fail(self, failure: Any) -> None:
        if failure.check(CancelledError) is None:
            self._log.failure("changes are not seen any more", failure)

    async def _watch(self) -> None:
        last = self._seen
        is_cut = False
        while True:
            await deferLater(self._clock, INTERVAL)
            now = await self._off_thread(self._look.stamps)
            if self._look.is_cut and not is_cut:
                is_cut = True
                self._log.warn(
                    "{folder} has very many files: new ones may not be seen",
                    folder=self._look.folder,
                )
            # Editors save in several steps, and people several files at once.
            is_resting, last = now == last, now
            if is_resting and await self._take(now):
                return

    async def _take(self, now: dict[str, Stamp]) -> bool:
        """Try what changed, and tell whether it is the time of a restart."""
        changed = self._changed(now)
        if not changed:
            return False
        self._seen = now
        self._log.info("{files} changed: trying the new code", files=_brief(changed))
        began = self._clock.seconds()
        wrong = await self._attempt()
        seconds = self._clock.seconds() - began
        if self._changed(await self._off_thread(self._look.stamps)):
            self._is_broken = self._is_broken or bool(wrong)
            return False
        self._is_broken = bool(wrong)
        if wrong:
            self._log.error(
                "the new code fails, the old goes on:\n{wrong}", wrong=wrong
            )
            return False
        self._log.info(
            "the new code can be loaded, in {seconds:.1f} s: starting again",
            seconds=seconds,
        )
        self._restart()
        return True

    def _changed(self, now: dict[str, Stamp]) -> list[str]:
        # What could not be loaded may lack a file that nobody has imported yet.
        among = None if self._is_broken else self._look.used()
        return self._look.changed(self._seen, now, among=among)


def _brief(files: list[str]) -> str:
    more = len(files) - 3
    listed = ", ".join(files[:3])
    return f"{listed} and {more} more" if more > 0 else listed
