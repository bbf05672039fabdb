"""What can go wrong, by whose fault.

NexusError
├── PeerError        they broke the protocol: the bytes are wrong, whoever sent them
│   └── OutlineError the bytes are right but speak of another Outline than ours
├── Refused          a valid wish that is denied
└── StateError       our own code used a State wrongly
    ├── FieldError   a value that a field does not take, or a field that cannot be
    └── PlaceError   a State at two places, in a circle, or in somebody else's tree

Anything else that is raised is a bug of ours and stays a plain `ValueError`, `KeyError`
or assertion.
"""

from __future__ import annotations

__all__ = [
    "FieldError",
    "NexusError",
    "OutlineError",
    "PeerError",
    "PlaceError",
    "Refused",
    "StateError",
]


class NexusError(Exception):
    """The root of all errors that Nexus raises on purpose."""


class PeerError(NexusError):
    """The peer broke the protocol; a Replica that raises it needs a snapshot."""


class OutlineError(PeerError):
    """The bytes were written for another Outline: fetch the Outline again."""


class Refused(NexusError):
    """A valid wish that is denied."""


class StateError(NexusError):
    """A State was used in a way that it does not allow; nothing was changed."""


class FieldError(StateError, ValueError):
    """A value that a named field does not take, or a field that cannot be."""


class PlaceError(StateError, ValueError):
    """A State can live at one place of one tree only."""
