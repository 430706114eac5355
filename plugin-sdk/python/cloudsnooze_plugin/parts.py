"""What a plugin is made of: its functions, by what calls them."""

from __future__ import annotations

import inspect
from typing import Any, Optional

from .manifest import capabilities, make_manifest
from .settings import Function, config_schema, defaults

#: The parameters that the host fills, and not the configuration.
GIVEN = {
    "CheckIdle": frozenset({"metrics", "context", "config"}),
    "HandleEvent": frozenset({"event", "config"}),
    "BeforeSnooze": frozenset({"reason", "idle_seconds", "action", "config"}),
    "AfterResume": frozenset({"reason", "stopped_at", "resumed_at", "config"}),
    "RunCommand": frozenset({"args", "config"}),
}
_ALWAYS_GIVEN = frozenset({"config"})


class Parts:
    """The functions of one plugin. `members` go into its manifest as they stand."""

    def __init__(self, name: str, version: str, members: dict[str, Any]) -> None:
        self.name = name
        self.version = version
        self.members = members
        self.check: Optional[Function] = None
        #: By event type, with the options of the subscription.
        self.events: dict[str, tuple[Function, dict[str, Any]]] = {}
        self.commands: dict[str, Function] = {}
        #: By the method of the protocol.
        self.hooks: dict[str, Function] = {}

    def add_event(self, event_type: str, handler: Function, options: dict[str, Any]) -> None:
        """Raises ValueError for a second handler of the same type."""
        self._refuse_twice(f"handlers of {event_type}", event_type in self.events)
        self.events[event_type] = (handler, options)

    def add_command(self, function: Function) -> Function:
        """Raises ValueError for a second command of the same name."""
        command = function.__name__.replace("_", "-")
        self._refuse_twice(f"commands {command}", command in self.commands)
        self.commands[command] = function
        return function

    def add_hook(self, method: str, hook: Function) -> Function:
        """Raises ValueError for a second one."""
        self._refuse_twice(f"functions for {method}", method in self.hooks)
        self.hooks[method] = hook
        return hook

    def description(self) -> str:
        """What was said, or the first paragraph of the check's docstring."""
        written = self.members.get("description") or (inspect.getdoc(self.check) if self.check else "") or ""
        return " ".join(str(written).split("\n\n")[0].split())

    def defaults(self) -> dict[str, Any]:
        """The configuration where nobody says anything."""
        return defaults(self.functions())

    def manifest(self) -> dict[str, Any]:
        """The plugin.json that goes beside the program."""
        events = {"events": {name: options for name, (_, options) in self.events.items()}} if self.events else {}
        made = {
            "name": self.name,
            "version": self.version,
            "description": self.description(),
            "capabilities": capabilities(
                self.check is not None, bool(self.events), set(self.hooks), bool(self.commands)
            ),
            **events,
            "config_schema": config_schema(self.functions()),
        }
        return make_manifest(self.members, made)

    def functions(self) -> list[tuple[Function, frozenset[str]]]:
        """All of them, each with the parameters that the host fills."""
        found = [(self.check, GIVEN["CheckIdle"])] if self.check else []
        found += [(handler, GIVEN["HandleEvent"]) for handler, _ in self.events.values()]
        found += [(hook, GIVEN.get(name, _ALWAYS_GIVEN)) for name, hook in self.hooks.items()]
        return found + [(command, GIVEN["RunCommand"]) for command in self.commands.values()]

    def _refuse_twice(self, what: str, is_there: bool) -> None:
        if is_there:
            raise ValueError(f"{self.name} has two {what}")
