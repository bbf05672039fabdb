"""What Python is told at the start of a Node, so that rooms do not stand still."""

from __future__ import annotations

import gc
import sys
from typing import Final

from twisted.application.service import Service
from twisted.logger import Logger
from typing_extensions import override

from nexus.compiled import parts

__all__ = ["Interpreter"]

#: How many objects may be made before the new ones are searched for garbage, how many
#: such searches go before one of those that outlived one, and how many of these before
#: one of all. Python's own are 700, 10 and 10, and a single patch to a full room makes
#: 700. All are searched about as often as by these: lost sockets do not pile up.
_OFTEN: Final = (10_000, 5, 2)

#: After how many seconds a thread gives way to another that waits. By Python's own,
#: 0.005, each send to a client may take so long while a thread works: 50 of them took
#: 36 ms, 90 at worst; they take 3 and 9 with this. Threads get as much done.
_GIVE_WAY: Final = 0.0005


class Interpreter(Service):
    """Keeps searches for garbage short, and what threads do from holding up rooms.

    It says, too, if the interpreter has to do what is compiled elsewhere.

    Modules, classes and codecs live as long as the process, and outnumber what rooms
    make: a search through them takes some 80 ms, and finds nothing.
    """

    _log = Logger()

    @override
    def startService(self) -> None:
        """Set aside what there is; rooms come later."""
        Service.startService(self)
        if parts is None:
            self._log.info(
                "the compiled parts are missing, so writing and telling State costs "
                "about twice as much; see Installing in docs/operations.md"
            )
        _ = gc.collect()
        gc.freeze()
        gc.set_threshold(*_OFTEN)
        sys.setswitchinterval(_GIVE_WAY)
