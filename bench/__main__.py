"""Run every measurement and print the report."""

from __future__ import annotations

from bench import flush, size, write


def main() -> None:
    """Print all figures."""
    write.run()
    flush.run()
    size.run()


main()
