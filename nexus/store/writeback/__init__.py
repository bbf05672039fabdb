"""Write-back: entities live in memory, and a database is told what became of them."""

from nexus.store.writeback.npc import TakenOver
from nexus.store.writeback.reach import Reach, WriteBackMeters
from nexus.store.writeback.search import Neighbour
from nexus.store.writeback.writeback import WriteBack

__all__ = ["Neighbour", "Reach", "TakenOver", "WriteBack", "WriteBackMeters"]
