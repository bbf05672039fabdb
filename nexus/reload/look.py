"""Look: which Python files below a folder changed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from types import ModuleType
from typing import Final

from attrs import define, field, frozen

__all__ = ["MOST", "Look", "Stamp"]

#: How many files and folders are looked at; beyond, only modules that are in use are.
MOST: Final = 5_000

#: Folders that hold no code of the author's.
_PASSED: Final = frozenset(("__pycache__", "node_modules", "site-packages"))

#: What marks a folder as a virtual environment.
_ENVIRONMENT: Final = "pyvenv.cfg"


@frozen
class Stamp:
    """What tells one version of a file from another, without reading it."""

    modified: int
    size: int
    inode: int


@define(eq=False)
class Look:
    """Sees the Python files of an app: modules in use, and all below a folder.

    Folders of tools are passed over: those that begin with a dot, virtual environments
    and `node_modules`. Links to folders are not followed.

    Args:
        folder: The folder of the app.
        modules: What is imported, by name.
        most: How many files and folders are looked at.
    """

    folder: str
    _modules: Mapping[str, ModuleType]
    _most: int = MOST
    #: Whether there were more files and folders than are looked at.
    is_cut: bool = field(default=False, init=False)

    def used(self) -> frozenset[str]:
        """Return the files of the author's that were imported."""
        inside = os.path.join(self.folder, "")
        files = (
            getattr(module, "__file__", None) for module in [*self._modules.values()]
        )
        return frozenset(
            path
            for path in files
            if isinstance(path, str)
            and path.startswith(inside)
            and not any(map(_is_passed, path.removeprefix(inside).split(os.sep)))
        )

    def stamps(self) -> dict[str, Stamp]:
        """Return the files that are there now, by path."""
        found: dict[str, Stamp] = {}
        for path in {*self._below(), *self.used()}:
            try:
                status = os.stat(path)
            except OSError:
                continue  # it is gone since
            found[path] = Stamp(status.st_mtime_ns, status.st_size, status.st_ino)
        return found

    def _below(self) -> Iterator[str]:
        """Find the Python files, nearest folders first."""
        waiting, left = [self.folder], self._most
        self.is_cut = False
        for folder in waiting:
            for entry in _entries(folder):
                if _is_passed(entry.name):
                    continue
                is_folder = _is_folder(entry)
                if not is_folder and not entry.name.endswith(".py"):
                    continue
                if left == 0:
                    self.is_cut = True
                    return
                left -= 1
                if is_folder:
                    waiting.append(entry.path)
                else:
                    yield entry.path

    def changed(
        self,
        before: Mapping[str, Stamp],
        now: Mapping[str, Stamp],
        *,
        among: Iterable[str] | None = None,
    ) -> list[str]:
        """Return the files that changed and matter, as seen from the folder.

        Args:
            before: What was there.
            now: What is there.
            among: The files that matter beside new ones; None: all of them.
        """
        different = {
            path for path in {*before, *now} if before.get(path) != now.get(path)
        }
        if among is not None:
            different &= {*among} | {path for path in now if path not in before}
        return sorted(os.path.relpath(path, self.folder) for path in different)


def _is_passed(name: str) -> bool:
    return name.startswith(".") or name in _PASSED


def _entries(folder: str) -> list[os.DirEntry[str]]:
    """List a folder in order; nothing of one that cannot be read, or is a tool's."""
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return []
    return [] if any(entry.name == _ENVIRONMENT for entry in found) else found


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False
