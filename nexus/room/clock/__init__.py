"""Clocks: what makes a Room's time pass, and what is to happen in it."""

from nexus.room.clock.clock import RoomClock, SleepEnded
from nexus.room.clock.overrun import Overrun
from nexus.room.clock.timer import Timer

__all__ = ["Overrun", "RoomClock", "SleepEnded", "Timer"]
