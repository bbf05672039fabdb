"""What browsers load from a Node: the JavaScript client, and pages for developers."""

from __future__ import annotations

from nexus.page.dev import DevMode
from nexus.page.guard import Hosts
from nexus.page.place import put_client, put_pages

__all__ = ["DevMode", "Hosts", "put_client", "put_pages"]
