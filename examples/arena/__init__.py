"""The arena: move in real time, gather orbs, and rush into others.

NEXUS_APP=examples.arena make run, then open http://127.0.0.1:5000/arena/
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from examples.arena.room import Arena
from nexus import App

__all__ = ["PAGE", "Arena", "app"]

#: The folder of the page that people play on.
PAGE: Final = str(Path(__file__).with_name("page"))

app = App()
app.define("arena", Arena, listed=True)
app.static("/arena", PAGE)
