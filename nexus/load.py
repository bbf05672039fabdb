"""Loading the app that `--app` names."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from twisted.python.usage import UsageError

from nexus.app import App

__all__ = ["load_app"]


def load_app(name: str) -> App:
    """Import `package.module`, or `package.module:variable`, and return its App.

    Modules are found as for any program of the current folder.

    Raises:
        UsageError: There is no such module, or no App in it.
    """
    module_name, _, variable = name.partition(":")
    if not all(word.isidentifier() for word in module_name.split(".")):
        raise UsageError(f"--app={name!r} names no module")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        module = import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise
        raise UsageError(
            f"there is no module {error.name!r} for --app={name}; name one as Python"
            " imports it, from the folder that twistd was started in"
        ) from None
    app = getattr(module, variable or "app", None)
    if not isinstance(app, App):
        raise UsageError(
            f"{module_name} has no App called {variable or 'app'!r}:"
            " write `app = App()` and `app.define(...)` there"
        )
    return app
