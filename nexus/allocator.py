"""What the C library is told at the start of a Node, so that memory is given back."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from typing import Any, Final

from attrs import define, field
from twisted.application.service import Service
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from typing_extensions import override

__all__ = ["Allocator"]

#: Memory of so many bytes is taken from the system by itself, and given back as soon as
#: it is free. By its own rule the C library raises that to whatever was freed once, up
#: to 32 MB. Less would be worse: what array operations need for a moment would be taken
#: from the system each time, which makes those of 512 kB three times as slow.
_APART: Final = 1 << 22
#: So much that is free behind all other memory is kept all the same. Once the number
#: above is set it would be 128 kB, and each tick take from the system what the one
#: before gave back: array operations would take a quarter more time.
_KEPT: Final = 1 << 22
#: What `mallopt` of the GNU C library calls the two.
_MMAP_THRESHOLD: Final = -3
_TRIM_THRESHOLD: Final = -1
#: After so many seconds all that is free is given back. That takes about a millisecond
#: for 15 MB, and what is needed again costs a little more.
_TRIMMED: Final = 5.0


def _library() -> Any:
    """Return the C library; None where a process has none to be asked."""
    try:
        return None if sys.platform == "win32" else ctypes.CDLL(None)
    except OSError:
        return None


@define(eq=False)
class Allocator(Service):
    """Has memory that nobody needs go back to the system.

    What large Tables and ended Rooms leave would otherwise stay with the process, in
    case it were needed again. The GNU C library is told so; others have no such rules,
    and nothing is done.

    Args:
        clock: Tells when it is time.
        library: Returns the C library.
    """

    clock: IReactorTime
    library: Callable[[], Any] = field(default=_library)
    _loop: LoopingCall | None = field(default=None, init=False)

    @override
    def startService(self) -> None:
        """Begin."""
        Service.startService(self)
        library = self.library()
        is_told = hasattr(library, "mallopt") and hasattr(library, "malloc_trim")
        if self._loop is not None or not is_told:
            return
        library.mallopt(_MMAP_THRESHOLD, _APART)
        library.mallopt(_TRIM_THRESHOLD, _KEPT)
        self._loop = LoopingCall(library.malloc_trim, 0)
        self._loop.clock = self.clock
        _ = self._loop.start(_TRIMMED, now=False)

    @override
    def stopService(self) -> None:
        """End."""
        loop, self._loop = self._loop, None
        if loop is not None:
            loop.stop()
        Service.stopService(self)
