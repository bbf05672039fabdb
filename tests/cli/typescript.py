"""The TypeScript compiler, as the tests use it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Final

from tests import ROOT
from tests.support.daemon import PATIENCE

__all__ = ["compiled", "missing"]

_TSC: Final = ROOT / "clients" / "js" / "node_modules" / ".bin" / "tsc"
_OPTIONS: Final = ("--strict", "--noEmit", "--target", "es2022", "--types", "")


def missing() -> str | None:
    """Say what is not there, if anything is."""
    if not shutil.which("node"):
        return "Node.js is missing"
    return None if _TSC.exists() else "clients/js was not installed: run `make test`"


def compiled(folder: Path, **files: str) -> str:
    """Compile TypeScript files, by name without ending; return the errors."""
    for name, text in files.items():
        (folder / f"{name}.ts").write_text(text, "utf-8")
    run = subprocess.run(
        [_TSC, *_OPTIONS, *(f"{name}.ts" for name in files)],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=4 * PATIENCE,
    )
    return run.stdout + run.stderr
