"""Rules: which clients may see a field.

A rule on a field that holds values is asked about the entity that has the field. On a
field that holds States it is asked about each State that stands there, so that one map
can show every client another selection.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from attrs import frozen
from typing_extensions import override

if TYPE_CHECKING:
    from nexus.state.state import State
    from nexus.state.view import View

__all__ = ["EVERYONE", "OWNER", "SHOWN", "Lane", "Role", "Rule", "Shown"]


class Lane(IntEnum):
    """Who gets the same bytes: all, clients with equal views, one client, or none."""

    SHARED = 0
    GROUP = 1
    PRIVATE = 2
    #: What clients never get.
    NEVER = 3


@frozen
class Rule:
    """Everybody may see the field."""

    @property
    def lane(self) -> Lane:
        """The widest lane whose bytes may carry the field."""
        return Lane.SHARED

    def allows(self, view: View, entity: State) -> bool:
        """Tell whether the client of `view` may see what is guarded at `entity`."""
        return True


@frozen
class Role(Rule):
    """Clients with this role may see the field."""

    tag: str

    @property
    @override
    def lane(self) -> Lane:
        return Lane.GROUP

    @override
    def allows(self, view: View, entity: State) -> bool:
        return self.tag in view.roles


@frozen
class Shown(Rule):
    """Clients that were shown the entity, with this tag, may see the field."""

    tag: int = 0

    @property
    @override
    def lane(self) -> Lane:
        return Lane.GROUP

    @override
    def allows(self, view: View, entity: State) -> bool:
        return (entity._id, self.tag) in view.shown


@frozen
class Owner(Rule):
    """The client whose session owns the entity, or the nearest one above it, may."""

    @property
    @override
    def lane(self) -> Lane:
        return Lane.PRIVATE

    @override
    def allows(self, view: View, entity: State) -> bool:
        return view.session is not None and entity.owner == view.session


EVERYONE = Rule()
OWNER = Owner()
SHOWN = Shown()
