"""Journals: what is kept of a Room, as bytes."""

from nexus.journal.chain import DamagedJournal
from nexus.journal.entry import Entry, Stored
from nexus.journal.kept import Kept, recover, whole
from nexus.journal.member import KeptMember
from nexus.journal.readable import escape, readable, unescape

__all__ = [
    "DamagedJournal",
    "Entry",
    "Kept",
    "KeptMember",
    "Stored",
    "escape",
    "readable",
    "recover",
    "unescape",
    "whole",
]
