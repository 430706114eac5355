"""The decorator that makes a plugin of a function."""

from __future__ import annotations

import json
import sys
from typing import Any, Callable, Optional

from .host import host
from .methods import Methods
from .parts import Parts
from .serve import METHOD_NOT_FOUND, AnswerError, serve
from .settings import Function, arguments_for
from .verdict import Verdict, as_verdict


class Plugin:
    """A check function with what else the plugin does. Made by `plugin(…)`."""

    def __init__(self, parts: Parts) -> None:
        self.name = parts.name
        self.version = parts.version
        self._parts = parts

    def __call__(self, check: Function) -> Plugin:
        """Takes the decorated function as the check."""
        self._parts.check = check
        return self

    def on(self, *event_types: str, priority: int = 50, mode: str = "handle") -> Callable[[Function], Function]:
        """Handles events of these types with the decorated function; a higher priority is called earlier."""

        def register(handler: Function) -> Function:
            for each in event_types:
                self._parts.add_event(each, handler, {"priority": priority, "mode": mode})
            return handler

        return register

    def configured(self, hook: Function) -> Function:
        """Calls the decorated function with each configuration, also the first; a ConfigError that it raises refuses it."""
        return self._parts.add_hook("Configure", hook)

    def before_snooze(self, hook: Function) -> Function:
        """Asks the decorated function before the host is stopped; returning a reason (a string) forbids it."""
        return self._parts.add_hook("BeforeSnooze", hook)

    def after_resume(self, hook: Function) -> Function:
        """Calls the decorated function after the host was stopped and is back."""
        return self._parts.add_hook("AfterResume", hook)

    def health(self, hook: Function) -> Function:
        """Asks the decorated function now and then; a string that it returns says what is wrong."""
        return self._parts.add_hook("HealthCheck", hook)

    def diagnose(self, hook: Function) -> Function:
        """Asks the decorated function for a list of `finding(…)`, or for that list and a dictionary of numbers."""
        return self._parts.add_hook("Diagnose", hook)

    def command(self, function: Function) -> Function:
        """Lets `snooze plugin run` call the decorated function, with the words after its name as `args`."""
        return self._parts.add_command(function)

    def at_shutdown(self, hook: Function) -> Function:
        """Calls the decorated function once, last."""
        return self._parts.add_hook("Shutdown", hook)

    def verdict(self, metrics: Optional[dict[str, Any]] = None, **config: Any) -> Verdict:
        """What the check says for a configuration: for tests, without a process."""
        check = self._parts.check
        if check is None:
            raise AnswerError(METHOD_NOT_FOUND, f"{self.name} has no check")
        config = {**self._parts.defaults(), **config}
        given = {"metrics": metrics or {}, "context": {}, "config": config}
        return as_verdict(check(**arguments_for(check, given, config)), check.__name__, self._parts.description())

    def manifest(self) -> dict[str, Any]:
        """The plugin.json that goes beside the program."""
        return self._parts.manifest()

    def run(self) -> None:
        """Serves the plugin until the host ends it; with `--manifest` prints its plugin.json instead."""
        if "--manifest" in sys.argv[1:]:
            print(json.dumps(self.manifest(), indent=2, ensure_ascii=False))
            return
        methods = Methods(self._parts)
        serve(methods.answer, bool(self._parts.members.get("concurrent")), methods.end, host.asking)


def plugin(name: str, version: str, **members: Any) -> Plugin:
    """Makes a plugin of the decorated function; further named values go into its manifest as they stand.

    The function returns `idle(…)` or `busy(…)`, a pair of a bool and a reason, a reason to stay awake, or a bool.
    Without a function, for a plugin that only handles events, name its `description`.
    """
    return Plugin(Parts(name, version, members))
