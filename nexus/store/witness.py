"""The witness of a database: a file beside it that says what was committed.

When the log of SQLite (its WAL) is damaged or cut off, SQLite takes what is left for
all there ever was: a process that died in the middle of a commit leaves the same. So
each commit counts itself within the database, and once it is on the disk the witness
takes note of the count, and of the last entry in the journal of each Room. A database
that is behind its witness has lost something.

The file never grows, so that a full disk does not stop it, and syncing it is cheap. It
has two halves; each begins with all that is known, and goes on with what was committed
since. When one is full, the other is written over. What cannot be read of it makes it
know less, never more.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from struct import Struct
from typing import Final

from attrs import frozen

from nexus.store.folder import folder_of, sync_folder

__all__ = ["Mark", "Witness", "passed"]

_HALF: Final = 512 * 1024
#: What is known when a half is begun takes no more than this.
_MOST: Final = _HALF // 2

#: The length of what follows, the count of the commit, and a checksum of all of it.
_HEAD: Final = Struct(">II16s")
_SEALED: Final = Struct(">II")
#: The length of a Room's id, which follows; an entry; the count of its commit.
_ROOM: Final = Struct(">HqI")

#: The count goes round, as the four bytes do that SQLite has for it.
_ROUND: Final = 2**32

_sync = getattr(os, "fdatasync", os.fsync)


def passed(since: int, now: int) -> int:
    """Return how many commits there were between two counts; negative: the reverse."""
    return (now - since + _ROUND // 2) % _ROUND - _ROUND // 2


@frozen
class Mark:
    """What is known of one Room.

    Attributes:
        count: The count of the last commit that wrote its journal.
        number: The number of the last entry in it.
    """

    count: int
    number: int


class Witness:
    """The file; all of its methods are called in one thread.

    Args:
        path: The file of the database.
        full: Whether what it takes note of is on the disk then.

    Attributes:
        count: The count of the last commit that it knows of; None: it knows of none.
        marks: What it knows of Rooms, those first that were written long ago. Of some
            ten thousand Rooms it knows those that were written last.
    """

    def __init__(self, path: str, *, full: bool) -> None:
        self._path = f"{path}.witness"
        self._full = full
        self._file: int | None = None
        self._half = self._at = 0
        self.count: int | None = None
        self.marks: dict[str, Mark] = {}

    @property
    def is_ours(self) -> bool:
        """Whether we have it: only one process at a time does."""
        return self._file is not None

    def take(self) -> bool:
        """Have the file for ourselves and read it, unless another process has it.

        Raises:
            OSError: It cannot be made or read.
        """
        if self._file is not None:
            return True
        file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(file).st_size != 2 * _HALF:
                self._clear(file)
            self._read(file)
        except BlockingIOError:
            os.close(file)
            return False
        except OSError:
            os.close(file)
            raise
        self._file = file
        return True

    def close(self) -> None:
        """Let another process have it."""
        file, self._file = self._file, None
        if file is not None:
            os.close(file)

    def write(self, count: int, numbers: Mapping[str, int]) -> None:
        """Take note of a commit, and of the last entries of the Rooms in it.

        Raises:
            OSError: Whether it could, nobody knows.
        """
        for room_id, number in numbers.items():
            self.marks.pop(room_id, None)
            self.marks[room_id] = Mark(count, number)
        self.count = count
        record = _record(count, {each: self.marks[each] for each in numbers})
        if self._at + len(record) > _HALF:
            self._forget()
            self._half, self._at = 1 - self._half, 0
            record = _record(count, self.marks)
        self._put(record)

    def renew(self, count: int, numbers: Mapping[str, int]) -> None:
        """Forget everything, and begin with what is there.

        Raises:
            OSError: Whether it could, nobody knows.
        """
        self.marks.clear()
        self._half = self._at = 0
        if self._file is not None:
            self._clear(self._file)
        self.write(count, numbers)

    def _put(self, record: bytes) -> None:
        if self._file is None:
            raise OSError(f"{self._path} is not open")
        at = self._half * _HALF + self._at
        if os.pwrite(self._file, record, at) != len(record):
            raise OSError(f"{self._path} takes no more")
        if self._full:
            _sync(self._file)
        # What could not be written for sure is written over.
        self._at += len(record)

    def _clear(self, file: int) -> None:
        os.ftruncate(file, 0)
        if os.pwrite(file, bytes(2 * _HALF), 0) != 2 * _HALF:
            raise OSError(f"there is no place for {self._path}")
        os.fsync(file)
        sync_folder(folder_of(self._path))

    def _read(self, file: int) -> None:
        """Read the half that was written last."""
        self.count, self.marks = None, {}
        for half in range(2):
            last, end = None, 0
            marks: dict[str, Mark] = {}
            data = os.pread(file, _HALF, half * _HALF)
            for count, found, behind in _records(data):
                last, end = count, behind
                for room_id, mark in found.items():
                    marks.pop(room_id, None)
                    marks[room_id] = mark
            if last is not None and (
                self.count is None or passed(self.count, last) > 0
            ):
                self.count, self.marks = last, marks
                self._half, self._at = half, end

    def _forget(self) -> None:
        """Forget the Rooms that were not written for longest, if they are too many."""
        size = sum(_ROOM.size + len(each.encode()) for each in self.marks)
        for room_id in list(self.marks):
            if size <= _MOST:
                return
            size -= _ROOM.size + len(room_id.encode())
            del self.marks[room_id]


def _record(count: int, marks: Mapping[str, Mark]) -> bytes:
    parts = []
    for room_id, mark in marks.items():
        name = room_id.encode()
        parts.append(_ROOM.pack(len(name), mark.number, mark.count) + name)
    body = b"".join(parts)
    return _HEAD.pack(len(body), count, _seal(count, body)) + body


def _seal(count: int, body: bytes) -> bytes:
    head = _SEALED.pack(len(body), count)
    return blake2b(head + body, digest_size=16, person=b"nexus.witness").digest()


def _records(data: bytes) -> Iterator[tuple[int, dict[str, Mark], int]]:
    """Read records up to where older ones follow, or none that are whole.

    Yields:
        The count of a commit, its Rooms, and where the next record is.
    """
    at, last = 0, None
    while at + _HEAD.size <= len(data):
        length, count, seal = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        body = data[at : at + length]
        if _seal(count, body) != seal or (last is not None and passed(last, count) < 0):
            return
        at, last = at + length, count
        yield count, _marks(body), at


def _marks(body: bytes) -> dict[str, Mark]:
    marks, at = {}, 0
    while at < len(body):
        length, number, count = _ROOM.unpack_from(body, at)
        at += _ROOM.size
        marks[body[at : at + length].decode()] = Mark(count, number)
        at += length
    return marks
