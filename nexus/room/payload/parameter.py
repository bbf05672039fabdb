"""Parameters of what listens: which it is called with, and what the payload's says."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, get_type_hints

__all__ = ["hint_of", "parameters_of"]


def parameters_of(
    call: Callable[..., Any], name: str, *, is_rest: bool, raw: bool
) -> list[inspect.Parameter]:
    """Return those parameters of a function that it is called with.

    Raises:
        TypeError: It wants more, or less, than there is.
    """
    most = 3 if is_rest else 2
    least = most if is_rest or raw else 1
    parameters = []
    for each in inspect.signature(call).parameters.values():
        if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD):
            parameters.append(each)
        elif each.kind is each.KEYWORD_ONLY and each.default is each.empty:
            raise TypeError(
                f"{name}, parameter {each.name}: nothing is passed by keyword"
            )
    needed = sum(each.default is each.empty for each in parameters)
    if needed > most or len(parameters) < least:
        wanted = "client, type, message" if is_rest else "client, message"
        raise TypeError(f"{name} listens and must take ({wanted})")
    return parameters[:most]


def hint_of(call: Callable[..., Any], payload: inspect.Parameter, where: str) -> Any:
    """Return what the annotation of a payload stands for; Any if there is none.

    Only this one is looked at: the others need not exist while the program runs.

    Raises:
        TypeError: It stands for nothing.
    """
    if payload.annotation is payload.empty:
        return Any
    alone = SimpleNamespace(__annotations__={payload.name: payload.annotation})
    names = getattr(inspect.unwrap(call), "__globals__", {})
    try:
        hints = get_type_hints(alone, globalns=names, include_extras=True)
    except NameError as error:
        raise TypeError(
            f"{where}: {error}; import it, or define it at the top of the module"
        ) from None
    except (AttributeError, SyntaxError, TypeError) as error:
        raise TypeError(f"{where}: {error}") from None
    return hints[payload.name]
