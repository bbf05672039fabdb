"""Run measurements and print the report: all of them, or those that are named."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Final

from twisted.internet.task import Clock

from bench import (
    durable,
    flush,
    grid,
    life,
    living,
    load,
    near,
    pacing,
    size,
    tick,
    write,
)
from nexus.allocator import Allocator
from nexus.interpreter import Interpreter

#: What can be measured, in the order of the report.
PARTS: Final[dict[str, Callable[[], None]]] = {
    "write": write.run,
    "flush": flush.run,
    "size": size.run,
    "tick": tick.run,
    "grid": grid.run,
    "life": life.run,
    "near": near.run,
    "living": living.run,
    "pacing": pacing.run,
    "load": load.run,
    "durable": durable.run,
}


def main() -> None:
    """Print the figures that are asked for.

    Raises:
        SystemExit: There is no such measurement.
    """
    parser = ArgumentParser(
        prog="python -m bench",
        description=__doc__,
        epilog="Close what else runs: figures of a busy machine are worth little.",
    )
    parser.add_argument("name", nargs="*", help=", ".join(PARTS))
    names = parser.parse_args().name
    for name in names:
        if name not in PARTS:
            parser.error(f"there is no {name!r}; measure {', '.join(PARTS)}")
    # As `twistd nexus` does it: what is measured here is what runs there.
    Interpreter().startService()
    # It is no service that goes on: nothing tells it that time passes.
    Allocator(Clock()).startService()
    for name in names or PARTS:
        PARTS[name]()


if __name__ == "__main__":
    main()
