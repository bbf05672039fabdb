"""Makes `twistd nexus` exist; the work is in `nexus.tap`."""

from __future__ import annotations

from twisted.application.service import ServiceMaker

nexus = ServiceMaker("Nexus", "nexus.tap", "Authoritative room server", "nexus")
