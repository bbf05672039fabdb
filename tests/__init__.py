"""The tests of Nexus, and how hard its property tests look for a mistake.

`NEXUS_PROFILE` chooses: `test` (the default) tries the same examples every time, `soak`
tries many new ones. A test that is worth more effort in a soak says how much:

    @settings(max_examples=examples(test=100, soak=20_000))
"""

from __future__ import annotations

import faulthandler
import os
import signal
from pathlib import Path
from typing import Final

from hypothesis import settings
from hypothesis.database import DirectoryBasedExampleDatabase

__all__ = ["PROFILE", "ROOT", "SHOW", "STACKS", "TOLD", "examples"]

#: The folder of the whole project; tests run in other folders than this one.
ROOT: Final = Path(__file__).resolve().parent.parent

#: The active profile, `test` or `soak`.
PROFILE: Final = os.environ.get("NEXUS_PROFILE", "test")

#: How much of what a soak is worth is tried: a quarter of it ends in half an hour on
#: two cores; `NEXUS_SOAK=1` tries all of it, for nights.
SOAK: Final = float(os.environ.get("NEXUS_SOAK", "0.25"))

settings.register_profile("test", derandomize=True, deadline=None)
settings.register_profile(
    "soak",
    max_examples=int(2_000 * SOAK),
    deadline=None,
    print_blob=True,
    database=DirectoryBasedExampleDatabase(ROOT / ".hypothesis" / "examples"),
)
if PROFILE not in ("test", "soak"):
    raise ValueError(f"NEXUS_PROFILE is {PROFILE!r}; it can be 'test' or 'soak'")
settings.load_profile(PROFILE)

#: At this signal a process of the tests writes its stacks into a file of its own in the
#: folder that `STACKS` names in the environment, or else to its error stream.
SHOW: Final = signal.SIGUSR1
STACKS: Final = "NEXUS_STACKS"
#: What a test has to say to people goes behind the file that this names, if one does.
TOLD: Final = "NEXUS_TOLD"
if STACKS in os.environ:
    # It stays open for as long as the process lives.
    _stacks = Path(os.environ[STACKS], str(os.getpid())).open("w")  # noqa: SIM115  # as the comment says
    faulthandler.register(SHOW, file=_stacks)
else:
    faulthandler.register(SHOW)


def examples(test: int, soak: int, *, whole: bool = False) -> int:
    """Choose how many examples a property test tries in the active profile.

    Args:
        test: So many in `make test`.
        soak: So many in a soak that has the time.
        whole: All of these are tried in each soak.
    """
    if PROFILE != "soak":
        return test
    return max(test, soak if whole else int(soak * SOAK))
