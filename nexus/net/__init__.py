"""The edge towards peers: WebSockets at any path of the port that serves HTTP.

`nexus.net.port` is what rooms know of it; everything else here is an edge.
"""

from __future__ import annotations

__all__: list[str] = []
