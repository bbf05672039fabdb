"""What is compiled: the few loops of State and its patches that are worth C.

`parts` is None where they could not be compiled. Python does all of it then, with the
same results, and some of it in twice the time; `docs/decisions/0008-compiled-parts.md`
says why there are two ways.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nexus.compiled import parts
else:
    try:
        from nexus.compiled import parts
    except ImportError:
        parts = None
    if sys.maxsize < 1 << 32 or sys.byteorder != "little":
        # They take indices for numbers of 64 bits, and copy columns as they are.
        parts = None

__all__ = ["parts"]
