"""Life: a country of 100,000 people who live their day, and a camera to watch them.

NEXUS_APP=examples.life make run, then open http://127.0.0.1:5000/life/
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from examples.life.rooms import Country
from nexus import App

__all__ = ["PAGE", "Country", "app"]

#: The folder of the page on which the country is watched.
PAGE: Final = str(Path(__file__).with_name("page"))

app = App()
app.define("life", Country, listed=True)
app.static("/life", PAGE)
