"""Names and times of our Python client, spelled as in JavaScript, and the way back."""

from __future__ import annotations

from typing import Any, Final

from attrs import asdict

from nexus.client import OutboxSetting, Reconnection, Setting

__all__ = ["camel", "chosen", "seen", "setting"]

#: Fields that are seconds here, and milliseconds there.
_TIMES: Final = {"delay", "latency"}
_SETTING_TIMES: Final = {"delay", "max_delay", "min_uptime", "ping_interval", "silence"}


def camel(name: str) -> str:
    """Spell a name as in JavaScript."""
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name)


def seen(event: Any) -> dict[str, Any]:
    """Spell an event as in JavaScript."""
    said = asdict(event, recurse=False)
    return {
        camel(name): value * 1000 if name in _TIMES and value is not None else value
        for name, value in said.items()
    }


def chosen(settings: dict[str, Any]) -> dict[str, Any]:
    """Spell settings as in Python."""
    named = {_snake(name): value for name, value in settings.items()}
    return {
        name: value / 1000 if name in _SETTING_TIMES else value
        for name, value in named.items()
    }


def setting(settings: dict[str, Any] | None) -> Setting:
    """Spell all settings of a client as in Python."""
    said = chosen(settings or {})
    reconnection = Reconnection(**chosen(said.pop("reconnection", {})))
    outbox = OutboxSetting(**chosen(said.pop("outbox", {})))
    return Setting(reconnection=reconnection, outbox=outbox, **said)
