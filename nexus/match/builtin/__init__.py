"""The kinds of Room that come with Nexus: lobbies, queues and relays."""

from nexus.match.builtin.group import Group, Waiting
from nexus.match.builtin.lobby import LobbyRoom
from nexus.match.builtin.queue import QueueRoom
from nexus.match.builtin.relay import RelayRoom

__all__ = ["Group", "LobbyRoom", "QueueRoom", "RelayRoom", "Waiting"]
