"""The heap of a Node: what its start loaded is never searched for garbage again."""

from __future__ import annotations

import gc
from typing import Final

from twisted.application.service import Service
from typing_extensions import override

__all__ = ["Heap"]

#: How many objects may be made before the new ones are searched, how many such searches
#: go before one of those that outlived one, and how many of these before one of all.
#: Python's own are 700, 10 and 10, and a single patch to a full room makes 700. All are
#: searched about as often as by these, so that lost sockets do not pile up.
_OFTEN: Final = (10_000, 5, 2)


class Heap(Service):
    """Keeps searches for garbage short, as all rooms stand still meanwhile.

    Modules, classes and codecs live as long as the process, and outnumber what rooms
    make: a search through them takes some 80 ms, and finds nothing.
    """

    @override
    def startService(self) -> None:
        """Set aside what there is; rooms come later."""
        Service.startService(self)
        _ = gc.collect()
        gc.freeze()
        gc.set_threshold(*_OFTEN)
