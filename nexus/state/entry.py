"""Entries of a Map: what clients hold under its keys, and what a flush tells of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

from nexus.state.change import MapEdit

if TYPE_CHECKING:
    from nexus.state.map import Map
    from nexus.state.state import State

__all__ = ["ABSENT", "UNNOTED", "Known", "Returned", "edit_of"]


class _Absent:
    """Stands for nothing."""


#: Stands for no value.
ABSENT: Final = _Absent()
#: Stands for no note about a key.
UNNOTED: Final = _Absent()


@frozen(eq=False)
class Returned:
    """A key that was removed and came back: it now stands at the end."""

    old: Any


@frozen(eq=False)
class Known:
    """A State that clients know; placed again, the same object has another id."""

    state: State
    id: int


def edit_of(held: Map[Any, Any], notes: dict[str, Any]) -> MapEdit | None:
    """Return what changed in a Map, or None if that is nothing.

    Args:
        held: The Map.
        notes: By key, what clients hold under it: in the order of the latest adding.
    """
    removed: list[str] = []
    added: list[tuple[str, Any]] = []
    old: dict[str, Any] = {}
    for key, known in notes.items():
        now: Any = held.get(key, ABSENT)
        before = known.old if isinstance(known, Returned) else known
        if isinstance(before, Known):
            same = before.state is now and before.id == now._id
            before = before.state
        else:
            same = before is not ABSENT and before == now
        if isinstance(known, Returned):
            removed.append(key)
        elif same:
            continue
        elif now is ABSENT and before is not ABSENT:
            removed.append(key)
        if before is not ABSENT:
            old[key] = before
        if now is not ABSENT:
            added.append((key, now))
    if not removed and not added:
        return None
    gone = set(removed)
    stayed = any(key in old and key not in gone for key, _ in added)
    cleared = len(removed) > 1 and len(held) == len(added) and not stayed
    return MapEdit(held, removed, added, old, cleared=cleared)
