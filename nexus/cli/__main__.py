"""`python -m nexus.cli`: the `nexus` command of this interpreter."""

from __future__ import annotations

import sys

from nexus.cli.main import main

__all__: list[str] = []

if __name__ == "__main__":
    sys.exit(main())
