"""Fits: copies of a function, each for objects of one class.

CPython fits the code of a function to the class of the objects that it meets, so that
reading a slot is one comparison and one load; with each other class that it meets it
loses that. What walks over States is called with many of one class, then with many
of another: so each class gets a copy. `python -m bench flush` has the figures.
"""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any

__all__ = ["fitted"]


def fitted(function: Callable[..., Any], *defaults: Any) -> Any:
    """Return a copy of a function which the interpreter fits on its own.

    Args:
        function: A function of a module, with no variables from outside.
        defaults: What its last arguments are when they are not given.
    """
    assert isinstance(function, FunctionType)
    code = _copy(function.__code__)
    return FunctionType(code, function.__globals__, function.__name__, defaults)


def _copy(code: CodeType) -> CodeType:
    """Return a copy of code, and of the comprehensions inside."""
    return code.replace(
        co_consts=tuple(
            _copy(each) if isinstance(each, CodeType) else each
            for each in code.co_consts
        )
    )
