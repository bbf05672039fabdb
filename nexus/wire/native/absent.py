"""What a field holds that the reader may not see."""

from __future__ import annotations

from typing import Final

from typing_extensions import override

__all__ = ["ABSENT"]


class _Absent:
    """Stands for a value that is not there."""

    __slots__ = ()

    @override
    def __repr__(self) -> str:
        return "absent"

    def __bool__(self) -> bool:
        return False


ABSENT: Final = _Absent()
