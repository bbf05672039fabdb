"""The compiled parts, and processes that run without them."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np

from nexus.compiled import parts
from tests import ROOT

__all__ = ["MISSING", "parts_of", "run_plainly", "whole"]

#: Why tests of them are skipped; empty: they are there.
MISSING = "" if parts is not None else "the compiled parts are missing"

#: Where the parts are None, imports of them fail.
_PLAIN = "import sys; sys.modules['nexus.compiled.parts'] = None\n"


def parts_of() -> Any:
    """Return the compiled parts; whatever is done to them is not checked by types."""
    return parts


def whole(*numbers: int) -> Any:
    """Return numbers of 64 bits."""
    return np.array(numbers, np.int64)


def run_plainly(code: str, *, seconds: float = 300) -> str:
    """Run code in a process without the compiled parts; return what it prints."""
    run = subprocess.run(
        [sys.executable, "-c", _PLAIN + code],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=seconds,
        check=False,
    )
    if run.returncode:
        raise AssertionError(run.stdout)
    return run.stdout
