"""The plugin.json that goes beside a program, made from its functions."""

from __future__ import annotations

import os
import sys
from typing import Any

#: The manifest's members in the order in which people read them; what is not here comes last.
_ORDER = (
    "name display_name version author description category tags repository homepage license min_host_version type"
    " language process_model exec framing concurrent capabilities events config_schema dependencies permissions"
    " resources timeouts health_interval_seconds"
).split()

_CAPABILITIES = {
    "BeforeSnooze": "before_snooze",
    "AfterResume": "after_resume",
    "HealthCheck": "health_check",
    "Diagnose": "diagnose",
}


def make_manifest(members: dict[str, Any], made: dict[str, Any]) -> dict[str, Any]:
    """What the author wrote over what is made, in a fixed order."""
    standard = {
        "type": "external",
        "language": "python",
        "exec": {"command": "python3", "args": [os.path.basename(sys.argv[0])]},
    }
    every = {**standard, **made, **members}
    rank = {name: place for place, name in enumerate(_ORDER)}
    return {name: every[name] for name in sorted(every, key=lambda name: rank.get(name, len(rank)))}


def capabilities(has_check: bool, has_events: bool, hooks: set[str], has_commands: bool) -> list[str]:
    """Which methods are worth calling."""
    found = ["check_idle"] if has_check else []
    found += ["handle_event"] if has_events else []
    found += [_CAPABILITIES[each] for each in _CAPABILITIES if each in hooks]
    return [*found, *(["run_command"] if has_commands else []), "configure"]
