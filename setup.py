"""What setup.cfg cannot hold: the parts that are compiled, if there is a compiler."""

from __future__ import annotations

import os
from glob import glob

from setuptools import Extension, setup

setup(
    ext_modules=[
        Extension(
            "nexus.compiled.parts",
            sorted(glob("nexus/compiled/*.c")),
            depends=["nexus/compiled/parts.h"],
            # A fused operation would round once where Python rounds twice.
            extra_compile_args=["-ffp-contract=off"],
            # Without it Python does the same: docs/decisions/0008-compiled-parts.md.
            optional=os.environ.get("NEXUS_COMPILED") != "required",
        )
    ]
)
