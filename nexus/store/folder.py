"""Folders, whose names have to last like what is in their files."""

from __future__ import annotations

import os

__all__ = ["folder_of", "make_folder", "sync_folder"]


def folder_of(path: str) -> str:
    """Return the folder of a file."""
    return os.path.dirname(os.path.abspath(path))


def make_folder(folder: str) -> None:
    """Make a folder that only its owner reads, and those above it, so that they last.

    Raises:
        OSError: It cannot be made.
    """
    if not os.path.isdir(folder):
        above = os.path.dirname(folder)
        make_folder(above)
        os.makedirs(folder, 0o700, exist_ok=True)
        sync_folder(above)


def sync_folder(folder: str) -> None:
    """Let the disk know the names in a folder."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
