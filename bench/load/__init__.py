"""Joins, messages and patches under load, against a Colyseus 0.18 server.

The same room, `bench`, on both servers; a crowd in a process of its own joins it,
stands still, and moves. Servers take turns, each freshly started, so that whatever else
this machine does hits all alike.
"""

from __future__ import annotations

from bench.load.contest import run

__all__ = ["run"]
