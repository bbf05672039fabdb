"""All examples that people play with, on one Node: what `make run` serves."""

from __future__ import annotations

from examples.arena import PAGE, Arena
from examples.bank import Bank
from examples.counter import Counter
from examples.life import PAGE as LIFE
from examples.life import Country
from nexus import App, LobbyRoom

__all__ = ["app"]

app = App()
app.define("arena", Arena, listed=True)
app.define("bank", Bank, unique_by=("bank",), listed=True)
app.define("counter", Counter, listed=True)
app.define("life", Country, listed=True)
app.define("lobby", LobbyRoom)
app.static("/arena", PAGE)
app.static("/life", LIFE)
