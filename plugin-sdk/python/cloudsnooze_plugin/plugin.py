"""The decorator that makes a plugin of a function."""

from __future__ import annotations

import inspect
import json
import os
import sys
from typing import Any, Callable, Optional

from .schema import arguments_for, config_parameters, config_schema
from .serve import AnswerError, serve
from .verdict import Verdict

Function = Callable[..., Any]


class Plugin:
    """A check function with what else the plugin does. Made by `plugin(…)`."""

    def __init__(self, check: Function, name: str, version: str, concurrent: bool) -> None:
        self.name = name
        self.version = version
        self.state_dir = ""
        self._check = check
        self._concurrent = concurrent
        self._config: dict[str, Any] = {}
        self._events: dict[str, tuple[Function, dict[str, Any]]] = {}
        self._hooks: dict[str, Function] = {}

    def on(self, event_type: str, priority: int = 50, mode: str = "handle") -> Callable[[Function], Function]:
        """Handles events of a type with the decorated function; a higher priority is called earlier."""

        def register(handler: Function) -> Function:
            self._events[event_type] = (handler, {"priority": priority, "mode": mode})
            return handler

        return register

    def before_snooze(self, hook: Function) -> Function:
        """Asks the decorated function before the host is stopped; returning a reason (a string) forbids it."""
        return self._hooks.setdefault("BeforeSnooze", hook)

    def after_resume(self, hook: Function) -> Function:
        """Calls the decorated function after the host was stopped and is back."""
        return self._hooks.setdefault("AfterResume", hook)

    def diagnose(self, hook: Function) -> Function:
        """Asks the decorated function for a list of findings (dictionaries) about what the plugin watches."""
        return self._hooks.setdefault("Diagnose", hook)

    def at_shutdown(self, hook: Function) -> Function:
        """Calls the decorated function once, last."""
        return self._hooks.setdefault("Shutdown", hook)

    def verdict(self, metrics: Optional[dict[str, Any]] = None, **config: Any) -> Verdict:
        """What the check says for a configuration: for tests, without a process."""
        found = self._check(**arguments_for(self._check, {"metrics": metrics or {}, "context": {}, "config": config}))
        if not isinstance(found, Verdict):
            raise TypeError(f"{self._check.__name__} returned {found!r}, expected idle(…) or busy(…)")
        return found

    def manifest(self) -> dict[str, Any]:
        """The plugin.json that goes beside the program."""
        hooks = {"BeforeSnooze": "before_snooze", "AfterResume": "after_resume", "Diagnose": "diagnose"}
        events = {"events": {name: options for name, (_, options) in self._events.items()}} if self._events else {}
        also = ["handle_event"] if self._events else []
        return {
            "name": self.name,
            "version": self.version,
            "description": inspect.getdoc(self._check) or "",
            "type": "external",
            "language": "python",
            "exec": {"command": "python3", "args": [os.path.basename(sys.argv[0])]},
            **({"concurrent": True} if self._concurrent else {}),
            "capabilities": ["check_idle", *also, *(hooks[each] for each in hooks if each in self._hooks)],
            **events,
            "config_schema": config_schema([self._check, *(handler for handler, _ in self._events.values())]),
        }

    def run(self) -> None:
        """Serves the plugin until the host ends it; with `--manifest` prints its plugin.json instead."""
        if "--manifest" in sys.argv[1:]:
            print(json.dumps(self.manifest(), indent=2))
            return
        serve(self._answer, self._concurrent, self._end)

    def _answer(self, method: str, params: dict[str, Any]) -> Any:
        if method in ("Initialize", "Configure"):
            return self._start(method, params)
        if method == "Info":
            return self.manifest()
        if method == "HealthCheck":
            return {"status": "ok"}
        if method == "GetSupportedEvents":
            return {"events": list(self._events)}
        if method == "CheckIdle":
            given = {"metrics": params.get("metrics") or {}, "context": params.get("context") or {}}
            found = self._call(self._check, given)
            if isinstance(found, Verdict):
                return found.as_result()
            raise TypeError(f"{self._check.__name__} returned {found!r}, expected idle(…) or busy(…)")
        if method == "HandleEvent":
            return self._handle(params.get("event") or {})
        if method in self._hooks:
            return _hook_result(method, self._call(self._hooks[method], {}))
        raise AnswerError(-32601, f"this plugin has no {method}")

    def _start(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        config = params.get("config") or {}
        for parameter in config_parameters(self._check):
            if parameter.default is parameter.empty and parameter.name not in config:
                raise AnswerError(-32004, f"the configuration has no `{parameter.name}`, which this plugin needs")
        self._config = config
        if method == "Configure":
            return {}
        self.state_dir = params.get("state_dir") or ""
        return {"protocol_version": 1, "info": self.manifest(), "supported_events": list(self._events)}

    def _handle(self, event: dict[str, Any]) -> dict[str, Any]:
        if event.get("type") not in self._events:
            return {"handled": False, "result": f"no handler for {event.get('type')}"}
        found = self._call(self._events[event["type"]][0], {"event": event})
        return {"handled": found is not False, "result": None if isinstance(found, bool) else found}

    def _call(self, function: Function, given: dict[str, Any]) -> Any:
        return function(**arguments_for(function, {**given, "config": self._config}))

    def _end(self) -> None:
        hook = self._hooks.pop("Shutdown", None)
        if hook:
            self._call(hook, {})


def plugin(name: str, version: str, concurrent: bool = False) -> Callable[[Function], Plugin]:
    """Makes a plugin of the decorated function, which returns `idle(…)` or `busy(…)`."""
    return lambda check: Plugin(check, name, version, concurrent)


def _hook_result(method: str, found: Any) -> dict[str, Any]:
    if method == "BeforeSnooze":
        return {"allow": False, "reason": found} if isinstance(found, str) else {"allow": found is not False}
    if method == "Diagnose":
        findings = list(found or [])
        return {"status": "degraded" if findings else "ok", "findings": findings}
    return {}
