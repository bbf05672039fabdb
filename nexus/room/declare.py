"""The check of a class of Rooms, as an app names it: mistakes show before anyone joins.

    check_room(Arena)

Hooks must take what they are given, listeners what a message can be, settings must be
in their range, and nothing may stand where Room has a method of its own.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from math import isfinite
from typing import Any, Final

from attrs import frozen

from nexus.room.call import is_called
from nexus.room.keeping.durability import DURABILITIES
from nexus.room.message.message import bound, is_listener, listeners_of
from nexus.room.plugin import ORDERED, Plugin, required
from nexus.room.room import OWN, Room

__all__ = ["check_room"]

#: What each hook of a Room is given.
_HOOKS: Final[dict[str, tuple[str, ...]]] = {
    "on_auth_static": ("token", "options", "context"),
    "on_create": ("options",),
    "on_restore": ("info",),
    "on_hibernate": (),
    "on_auth": ("client", "options", "context"),
    "on_join": ("client", "options"),
    "on_drop": ("client", "code"),
    "on_reconnect": ("client",),
    "on_leave": ("client", "code"),
    "on_before_patch": ("state",),
    "on_overrun": ("overrun",),
    "on_dispose": (),
    "on_before_shutdown": (),
    "on_error": ("error", "act", "client"),
}

#: The hooks that nobody waits for, of Rooms and of Plugins.
_PLAIN_ROOM: Final = ("on_before_patch", "on_error")
_PLAIN_PLUGIN: Final = ("on_drop",)

#: What a Plugin gets as it is made, which would cover what its class has.
_OWN_PLUGIN: Final = ("room",)

#: What people who know Colyseus may write, and what it is called here.
_ELSEWHERE: Final = {
    "autoDispose": "auto_dispose",
    "maxClients": "max_clients",
    "onAuth": "on_auth, or on_auth_static where it is static",
    "onBeforePatch": "on_before_patch",
    "onBeforeShutdown": "on_before_shutdown",
    "onCreate": "on_create",
    "onDispose": "on_dispose",
    "onDrop": "on_drop",
    "onJoin": "on_join",
    "onLeave": "on_leave",
    "onMessage": 'a method with @on_message("...")',
    "onReconnect": "on_reconnect",
    "onUncaughtException": "on_error",
    "patchRate": "patch_interval, in seconds",
    "seatReservationTimeout": "seat_seconds",
}


@frozen
class _Setting:
    """What a setting of a class of Rooms may be.

    Attributes:
        fits: Says whether a value will do.
        wanted: What errors call the values that do.
    """

    fits: Callable[[Any], bool]
    wanted: str


def _is_number(value: Any) -> bool:
    is_real = isinstance(value, int | float) and not isinstance(value, bool)
    return is_real and isfinite(value)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _one_of(*words: str) -> _Setting:
    listed = ", ".join(f'"{word}"' for word in words[:-1]) + f' or "{words[-1]}"'
    return _Setting(lambda value: isinstance(value, str) and value in words, listed)


_SETTINGS: Final = {
    "max_clients": _Setting(
        lambda value: value is None or _is_count(value),
        "None or a whole number from 1",
    ),
    "auto_dispose": _Setting(lambda value: isinstance(value, bool), "True or False"),
    "patch_interval": _Setting(
        lambda value: value is None or (_is_number(value) and 0 < value <= 5),
        "None or seconds above 0 and up to 5 (seconds, not milliseconds)",
    ),
    "tick_budget": _Setting(
        lambda value: value is None or (_is_number(value) and value > 0),
        "None or a number of seconds above 0",
    ),
    "seat_seconds": _Setting(
        lambda value: _is_number(value) and value > 0, "a number of seconds above 0"
    ),
    "message_seconds": _Setting(
        lambda value: _is_number(value) and value >= 0, "a number of seconds from 0"
    ),
    "unknown_message": _one_of("close", "error", "ignore"),
    "second_seat": _one_of("replace", "refuse"),
    "durability": _one_of(*DURABILITIES),
    "return_seconds": _Setting(
        lambda value: _is_number(value) and value >= 0, "a number of seconds from 0"
    ),
    "hibernate_seconds": _Setting(
        lambda value: value is None or (_is_number(value) and value >= 0),
        "None or a number of seconds from 0",
    ),
}


def check_room(cls: type[Room[Any]]) -> None:
    """Check a class of Rooms, and the Plugins that it takes along.

    Raises:
        TypeError: A hook or a listener cannot be called as it would be, hides what
            Room itself has, or is written as elsewhere; or a plugin is none.
        ValueError: A setting is none that it can be.
    """
    _check_plugins(cls)
    _check(cls, Room, _HOOKS, OWN, _PLAIN_ROOM)
    _check_settings(cls)
    _check_durability(cls)
    of_plugins = {name: _HOOKS[name] for name in _HOOKS if hasattr(Plugin, name)}
    heard: dict[tuple[str, bool], type[Plugin]] = {}
    for plugin in required(cls.plugins):
        _check(plugin, Plugin, of_plugins, _OWN_PLUGIN, _PLAIN_PLUGIN)
        _check_order(plugin)
        for each in listeners_of(plugin):
            other = heard.setdefault((each.type, each.raw), plugin)
            if other is not plugin:
                raise TypeError(
                    f"{cls.__name__}.plugins: {other.__name__} and {plugin.__name__}"
                    f' both listen for "{each.type}"'
                )


def _check_durability(cls: type[Room[Any]]) -> None:
    """Check that nothing is to outlive a Room of which nothing is kept."""
    if cls.durability != "memory":
        return
    for owner in (cls, *required(cls.plugins)):
        for each in listeners_of(owner):
            if each.durability not in (None, "memory"):
                raise TypeError(
                    f'what {owner.__name__} does for "{each.type}" is to be'
                    f" {each.durability}, and nothing of {cls.__name__} is kept: set"
                    f' durability = "saved" in {cls.__name__}'
                )


def _check_plugins(cls: type[Room[Any]]) -> None:
    """Check that a class names Plugin classes, which do so for what they require."""
    left: list[tuple[type, str]] = [(cls, "plugins")]
    seen: set[type] = set()
    while left:
        owner, name = left.pop()
        plugins = getattr(owner, name)
        if not isinstance(plugins, tuple) or not all(map(_is_plugin, plugins)):
            raise TypeError(
                f"{_name(owner, name)} must be a tuple of Plugin classes, not"
                f" {plugins!r}"
            )
        left.extend((each, "requires") for each in plugins if each not in seen)
        seen.update(plugins)


def _is_plugin(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Plugin)


def _check_order(plugin: type[Plugin]) -> None:
    """Check that a Plugin class says of hooks that there are when they run."""
    order, called = plugin.order, _name(plugin, "order")
    if not isinstance(order, Mapping):
        raise TypeError(
            f'{called} must be a dict, such as {{"on_create": "after"}}, not {order!r}'
        )
    for name, place in order.items():
        if name not in ORDERED:
            raise ValueError(f"{called} is of {', '.join(ORDERED)}, and not of {name}")
        if place not in ("before", "after"):
            raise ValueError(
                f'{called} of {name} must be "before" or "after", not {place!r}'
            )


def _check(
    cls: type,
    base: type,
    hooks: dict[str, tuple[str, ...]],
    own: tuple[str, ...],
    plain: tuple[str, ...],
) -> None:
    """Check what a class of Rooms or Plugins adds to its base."""
    for name, ours in _ELSEWHERE.items():
        if hasattr(cls, name):
            raise TypeError(f"{_name(cls, name)}: here it is {ours}")
    for name in _covered(cls, base, own):
        is_heard = is_listener(inspect.getattr_static(cls, name))
        what = "is a listener and hides" if is_heard else "hides"
        raise TypeError(
            f"{_name(cls, name)} {what} {base.__name__}.{name}: call it something else"
        )
    for name in _HOOKS:
        if name in hooks:
            _check_hook(cls, name, hooks[name], is_plain=name in plain)
        elif hasattr(cls, name) and not is_listener(getattr(cls, name)):
            raise TypeError(
                f"{_name(cls, name)} would never be called: a {base.__name__} has only "
                f"{', '.join(hooks)}"
            )
    list(listeners_of(cls))  # each is checked as it is found
    for name in dir(cls):
        if is_called(getattr(cls, name, None)):
            _check_called(cls, base, name)


def _check_called(cls: type, base: type, name: str) -> None:
    """Check that what is marked with `@on_call` can be called from outside."""
    called = _name(cls, name)
    if base is not Room:
        raise TypeError(f"{called} would never be called: only a Room's methods are")
    if name in _HOOKS or name.startswith("_"):
        why = "is a hook" if name in _HOOKS else "begins with an underscore"
        raise TypeError(f"{called} {why} and is not for others: call it something else")
    if is_listener(inspect.getattr_static(cls, name)):
        raise TypeError(f"{called} is a listener: clients would reach what is @on_call")


def _place(cls: type, name: str) -> type:
    """Return the class in which a name is written that a class has."""
    return next(place for place in cls.__mro__ if name in vars(place))


def _name(cls: type, name: str) -> str:
    return f"{_place(cls, name).__name__}.{name}"


def _covered(cls: type, base: type, own: tuple[str, ...]) -> Iterator[str]:
    """Find what a class has in the place of something that its base needs itself."""
    for name in own:
        if hasattr(cls, name) and not hasattr(base, name):
            yield name
    for name in dir(base):
        if name.startswith("__") or name in _HOOKS:
            continue
        value = inspect.getattr_static(base, name)
        needed = callable(value) or isinstance(value, property)
        if needed and _place(cls, name) is not _place(base, name):
            yield name


def _check_hook(
    cls: type, name: str, given: tuple[str, ...], *, is_plain: bool
) -> None:
    """Check that a hook can be called with what it is given."""
    function = inspect.getattr_static(cls, name)
    called = _name(cls, name)
    wanted = f"({', '.join(given)})"
    if is_listener(function):
        raise TypeError(f"{called} is a hook and cannot listen: call it something else")
    is_static = isinstance(function, staticmethod | classmethod)
    if name == "on_auth_static" and not is_static:
        raise TypeError(
            f"{called} must be a staticmethod or a classmethod that takes {wanted}"
        )
    hook = bound(function, object(), cls)
    if not callable(hook):
        raise TypeError(f"{called} must be a method that takes {wanted}")
    try:
        inspect.signature(hook).bind(*given)
    except TypeError:
        raise TypeError(f"{called} must take {wanted}") from None
    if is_plain and inspect.iscoroutinefunction(hook):
        raise TypeError(f"{called} cannot be async: nobody waits for it")


def _check_settings(cls: type[Room[Any]]) -> None:
    for name, setting in _SETTINGS.items():
        value = getattr(cls, name)
        # What a property returns is not known before there is a Room.
        if not isinstance(value, property) and not setting.fits(value):
            raise ValueError(
                f"{_name(cls, name)} must be {setting.wanted}, not {value!r}"
            )
