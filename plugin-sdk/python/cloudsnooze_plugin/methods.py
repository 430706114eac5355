"""The protocol's methods, answered by the parts of a plugin."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, Optional

from .call import ends_in
from .event import Event
from .host import host
from .log import set_level
from .parts import GIVEN, Parts
from .serve import CONFIG_INVALID, METHOD_NOT_FOUND, AnswerError
from .settings import Function, arguments_for
from .verdict import as_command_result, as_diagnosis, as_health, as_snooze_answer, as_verdict

PROTOCOL_VERSION = 1


class Methods:
    """Answers requests with what the plugin's functions return; what they raise is for the caller."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._config: dict[str, Any] = {}

    def answer(self, method: str, params: dict[str, Any]) -> Any:
        """The result; raises AnswerError for what the plugin does not do."""
        if method == "Initialize":
            return self._initialize(params)
        if method == "Configure":
            return self._configure(params.get("config") or {})
        if method == "Info":
            return self._parts.manifest()
        if method == "GetSupportedEvents":
            return {"events": list(self._parts.events)}
        if method == "CheckIdle" and self._parts.check:
            return self._check_idle(self._parts.check, params)
        if method == "HandleEvent" and self._parts.events:
            return self._handle(Event(params.get("event") or {}))
        if method == "HealthCheck":
            return as_health(self._hook(method, params) if method in self._parts.hooks else None)
        if method == "Diagnose" and method in self._parts.hooks:
            return as_diagnosis(self._hook(method, params), self._parts.name, params.get("categories"))
        if method == "BeforeSnooze" and method in self._parts.hooks:
            return as_snooze_answer(self._hook(method, params))
        if method == "AfterResume" and method in self._parts.hooks:
            self._hook(method, params)
            return {}
        if method == "RunCommand" and self._parts.commands:
            return self._run_command(str(params.get("command", "")), list(params.get("args") or []))
        raise AnswerError(METHOD_NOT_FOUND, f"{self._parts.name} has no {method}")

    def end(self) -> None:
        """Lets the plugin do its last, once."""
        hook = self._parts.hooks.pop("Shutdown", None)
        if hook:
            self._call(hook, {})

    def _initialize(self, params: dict[str, Any]) -> dict[str, Any]:
        host.instance = str((params.get("plugin") or {}).get("instance", ""))
        host.state_dir = str(params.get("state_dir") or "")
        host.asking.offered = list(params.get("host_methods") or [])
        set_level(str(params.get("log_level") or "info"))
        self._configure(params.get("config") or {})
        events = list(self._parts.events)
        return {"protocol_version": PROTOCOL_VERSION, "info": self._parts.manifest(), "supported_events": events}

    def _configure(self, config: dict[str, Any]) -> dict[str, Any]:
        config = {**self._parts.defaults(), **config}
        try:
            for function, given in self._parts.functions():
                arguments_for(function, dict.fromkeys(given), config)
        except LookupError as error:
            raise AnswerError(CONFIG_INVALID, str(error)) from error
        if "Configure" in self._parts.hooks:
            hook = self._parts.hooks["Configure"]
            hook(**arguments_for(hook, {"config": config}, config))
        self._config = config
        return {}

    def _check_idle(self, check: Function, params: dict[str, Any]) -> dict[str, Any]:
        metrics, context = params.get("metrics") or {}, params.get("context") or {}
        ends_in(_seconds(context.get("deadline_ms")))
        found = self._call(check, {"metrics": metrics, "context": context})
        return as_verdict(found, check.__name__, self._parts.description()).as_result()

    def _handle(self, event: Event) -> dict[str, Any]:
        events = self._parts.events
        # who handles "custom" handles every "custom.<name>" that nothing else is said of
        known = events.get(event.type) or (events.get("custom") if event.type.startswith("custom.") else None)
        if known is None:
            return {"handled": False, "result": f"{self._parts.name} does not handle {event.type}"}
        if event.deadline is not None:
            ends_in((event.deadline - datetime.now(timezone.utc)).total_seconds())
        found = self._call(known[0], {"event": event})
        return {"handled": found is not False, "result": None if isinstance(found, bool) else found}

    def _hook(self, method: str, params: dict[str, Any]) -> Any:
        given = {name: params.get(name) for name in GIVEN.get(method, frozenset())}
        return self._call(self._parts.hooks[method], given)

    def _run_command(self, command: str, args: list[str]) -> dict[str, Any]:
        function = self._parts.commands.get(command)
        if function is None:
            known = ", ".join(sorted(self._parts.commands))
            return as_command_result((2, f"{self._parts.name} has no command {command!r}; it has {known}"))
        return as_command_result(self._call(function, {"args": args}))

    def _call(self, function: Function, given: dict[str, Any]) -> Any:
        config = self._config or self._parts.defaults()
        return function(**arguments_for(function, {**given, "config": config}, config))


def _seconds(milliseconds: Any) -> Optional[float]:
    return milliseconds / 1000 if isinstance(milliseconds, (int, float)) else None
