"""A client in Python: a Node's Rooms as players see them; made for bots and tests."""

from nexus.client.client import Client
from nexus.client.error import JoinError, RequestError
from nexus.client.room import Room
from nexus.client.setting import OutboxSetting, Reconnection, Setting
from nexus.sync import OutboxFull

__all__ = [
    "Client",
    "JoinError",
    "OutboxFull",
    "OutboxSetting",
    "Reconnection",
    "RequestError",
    "Room",
    "Setting",
]
