"""The decorator that makes a plugin of a function."""

from __future__ import annotations

import inspect
import json
import sys
from datetime import datetime, timezone
from typing import Any, Callable, Optional

from .call import ends_in
from .event import Event
from .host import host
from .log import set_level
from .manifest import capabilities, make_manifest
from .serve import CONFIG_INVALID, METHOD_NOT_FOUND, AnswerError, serve
from .settings import Function, arguments_for, config_schema, defaults
from .verdict import Verdict, as_command_result, as_diagnosis, as_health, as_snooze_answer, as_verdict

PROTOCOL_VERSION = 1

#: The parameters that the host fills, and not the configuration.
_GIVEN = {
    "CheckIdle": frozenset({"metrics", "context", "config"}),
    "HandleEvent": frozenset({"event", "config"}),
    "BeforeSnooze": frozenset({"reason", "idle_seconds", "action", "config"}),
    "AfterResume": frozenset({"reason", "stopped_at", "resumed_at", "config"}),
    "RunCommand": frozenset({"args", "config"}),
}
_ALWAYS_GIVEN = frozenset({"config"})


class Plugin:
    """A check function with what else the plugin does. Made by `plugin(…)`."""

    def __init__(self, name: str, version: str, members: dict[str, Any]) -> None:
        self.name = name
        self.version = version
        self._members = members
        self._config: dict[str, Any] = {}
        self._check: Optional[Function] = None
        self._events: dict[str, tuple[Function, dict[str, Any]]] = {}
        self._commands: dict[str, Function] = {}
        self._hooks: dict[str, Function] = {}

    def __call__(self, check: Function) -> Plugin:
        """Takes the decorated function as the check."""
        self._check = check
        return self

    def on(self, *event_types: str, priority: int = 50, mode: str = "handle") -> Callable[[Function], Function]:
        """Handles events of these types with the decorated function; a higher priority is called earlier."""

        def register(handler: Function) -> Function:
            for each in event_types:
                self._events[each] = (handler, {"priority": priority, "mode": mode})
            return handler

        return register

    def configured(self, hook: Function) -> Function:
        """Calls the decorated function with each configuration, also the first; a ConfigError that it raises refuses it."""
        return self._hooks.setdefault("Configure", hook)

    def before_snooze(self, hook: Function) -> Function:
        """Asks the decorated function before the host is stopped; returning a reason (a string) forbids it."""
        return self._hooks.setdefault("BeforeSnooze", hook)

    def after_resume(self, hook: Function) -> Function:
        """Calls the decorated function after the host was stopped and is back."""
        return self._hooks.setdefault("AfterResume", hook)

    def health(self, hook: Function) -> Function:
        """Asks the decorated function now and then; a string that it returns says what is wrong."""
        return self._hooks.setdefault("HealthCheck", hook)

    def diagnose(self, hook: Function) -> Function:
        """Asks the decorated function for a list of `finding(…)`, or for that list and a dictionary of numbers."""
        return self._hooks.setdefault("Diagnose", hook)

    def command(self, function: Function) -> Function:
        """Lets `snooze plugin run` call the decorated function, with the words after its name as `args`."""
        self._commands[function.__name__.replace("_", "-")] = function
        return function

    def at_shutdown(self, hook: Function) -> Function:
        """Calls the decorated function once, last."""
        return self._hooks.setdefault("Shutdown", hook)

    def verdict(self, metrics: Optional[dict[str, Any]] = None, **config: Any) -> Verdict:
        """What the check says for a configuration: for tests, without a process."""
        if self._check is None:
            raise AnswerError(METHOD_NOT_FOUND, f"{self.name} has no check")
        config = {**defaults(self._functions()), **config}
        given = {"metrics": metrics or {}, "context": {}, "config": config}
        found = self._check(**arguments_for(self._check, given, config))
        return as_verdict(found, self._check.__name__, self._description())

    def manifest(self) -> dict[str, Any]:
        """The plugin.json that goes beside the program."""
        events = {"events": {name: options for name, (_, options) in self._events.items()}} if self._events else {}
        made = {
            "name": self.name,
            "version": self.version,
            "description": self._description(),
            "capabilities": capabilities(
                self._check is not None, bool(self._events), set(self._hooks), bool(self._commands)
            ),
            **events,
            "config_schema": config_schema(self._functions()),
        }
        return make_manifest(self._members, made)

    def run(self) -> None:
        """Serves the plugin until the host ends it; with `--manifest` prints its plugin.json instead."""
        if "--manifest" in sys.argv[1:]:
            print(json.dumps(self.manifest(), indent=2, ensure_ascii=False))
            return
        serve(self._answer, bool(self._members.get("concurrent")), self._end, host.asking)

    def _answer(self, method: str, params: dict[str, Any]) -> Any:
        if method == "Initialize":
            return self._initialize(params)
        if method == "Configure":
            return self._configure(params.get("config") or {})
        if method == "Info":
            return self.manifest()
        if method == "GetSupportedEvents":
            return {"events": list(self._events)}
        if method == "CheckIdle" and self._check:
            return self._check_idle(self._check, params)
        if method == "HandleEvent" and self._events:
            return self._handle(Event(params.get("event") or {}))
        if method == "HealthCheck":
            return as_health(self._hook(method, params) if method in self._hooks else None)
        if method == "Diagnose" and method in self._hooks:
            return as_diagnosis(self._hook(method, params), self.name, params.get("categories"))
        if method == "BeforeSnooze" and method in self._hooks:
            return as_snooze_answer(self._hook(method, params))
        if method == "AfterResume" and method in self._hooks:
            self._hook(method, params)
            return {}
        if method == "RunCommand" and self._commands:
            return self._run_command(str(params.get("command", "")), list(params.get("args") or []))
        raise AnswerError(METHOD_NOT_FOUND, f"{self.name} has no {method}")

    def _initialize(self, params: dict[str, Any]) -> dict[str, Any]:
        host.instance = str((params.get("plugin") or {}).get("instance", ""))
        host.state_dir = str(params.get("state_dir") or "")
        host.asking.offered = list(params.get("host_methods") or [])
        set_level(str(params.get("log_level") or "info"))
        self._configure(params.get("config") or {})
        return {"protocol_version": PROTOCOL_VERSION, "info": self.manifest(), "supported_events": list(self._events)}

    def _configure(self, config: dict[str, Any]) -> dict[str, Any]:
        config = {**defaults(self._functions()), **config}
        try:
            for function, given in self._functions():
                arguments_for(function, dict.fromkeys(given), config)
        except LookupError as error:
            raise AnswerError(CONFIG_INVALID, str(error)) from error
        if "Configure" in self._hooks:
            hook = self._hooks["Configure"]
            hook(**arguments_for(hook, {"config": config}, config))
        self._config = config
        return {}

    def _check_idle(self, check: Function, params: dict[str, Any]) -> dict[str, Any]:
        metrics, context = params.get("metrics") or {}, params.get("context") or {}
        ends_in(_seconds(context.get("deadline_ms")))
        found = self._call(check, {"metrics": metrics, "context": context})
        return as_verdict(found, check.__name__, self._description()).as_result()

    def _handle(self, event: Event) -> dict[str, Any]:
        if event.type not in self._events:
            return {"handled": False, "result": f"{self.name} does not handle {event.type}"}
        if event.deadline is not None:
            ends_in((event.deadline - datetime.now(timezone.utc)).total_seconds())
        found = self._call(self._events[event.type][0], {"event": event})
        return {"handled": found is not False, "result": None if isinstance(found, bool) else found}

    def _hook(self, method: str, params: dict[str, Any]) -> Any:
        given = {name: params.get(name) for name in _GIVEN.get(method, frozenset())}
        return self._call(self._hooks[method], given)

    def _run_command(self, command: str, args: list[str]) -> dict[str, Any]:
        function = self._commands.get(command)
        if function is None:
            known = ", ".join(sorted(self._commands))
            return as_command_result((2, f"{self.name} has no command {command!r}; it has {known}"))
        return as_command_result(self._call(function, {"args": args}))

    def _call(self, function: Function, given: dict[str, Any]) -> Any:
        config = self._config or defaults(self._functions())
        return function(**arguments_for(function, {**given, "config": config}, config))

    def _end(self) -> None:
        hook = self._hooks.pop("Shutdown", None)
        if hook:
            self._call(hook, {})

    def _functions(self) -> list[tuple[Function, frozenset[str]]]:
        found = [(self._check, _GIVEN["CheckIdle"])] if self._check else []
        found += [(handler, _GIVEN["HandleEvent"]) for handler, _ in self._events.values()]
        found += [(hook, _GIVEN.get(name, _ALWAYS_GIVEN)) for name, hook in self._hooks.items()]
        return found + [(command, _GIVEN["RunCommand"]) for command in self._commands.values()]

    def _description(self) -> str:
        written = self._members.get("description") or (inspect.getdoc(self._check) if self._check else "") or ""
        return " ".join(str(written).split("\n\n")[0].split())


def plugin(name: str, version: str, **members: Any) -> Plugin:
    """Makes a plugin of the decorated function; further named values go into its manifest as they stand.

    The function returns `idle(…)` or `busy(…)`, a pair of a bool and a reason, a reason to stay awake, or a bool.
    Without a function, for a plugin that only handles events, name its `description`.
    """
    return Plugin(name, version, members)


def _seconds(milliseconds: Any) -> Optional[float]:
    return milliseconds / 1000 if isinstance(milliseconds, (int, float)) else None
