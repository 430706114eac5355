#!/usr/bin/env python3
"""Busy while containers use the CPU. Asks the Docker Engine (or Podman) over its socket."""

import fnmatch
import os
import re
import time
from datetime import datetime
from typing import Any, Dict, List, Literal, NamedTuple, Optional, Tuple, Union
from urllib.parse import quote

from cloudsnooze_plugin import Unknown, Verdict, busy, finding, idle, is_hidden, plugin, setting
from engine import ask, ask_all

INSTANCE = os.environ.get("SNOOZE_PLUGIN", "docker-monitor")
IGNORE_LABEL = "cloudsnooze.ignore"


class Reading(NamedTuple):
    """What a container had used, and when that was in nanoseconds: by this host's clock, and by the Engine's."""

    started: str
    used_nanoseconds: int
    read: Tuple[int, int]


_last: Dict[str, Reading] = {}


@plugin(
    "docker-monitor",
    version="1.0.0",
    display_name="Docker containers",
    author="CloudSnooze contributors",
    category="container",
    tags=["docker", "podman", "container"],
    license="Apache-2.0",
    min_host_version="0.1.0",
    permissions={"network": [], "read": ["${config.socket}", "/proc/net"], "write": [], "env": [], "host": []},
    resources={"memory_mb": 96, "cpu_percent": 20, "processes": 4},
    timeouts={"check_seconds": 10, "start_seconds": 10},
)
def check(
    socket: str = setting("/var/run/docker.sock", "The Engine's socket", pattern="^/"),
    min_cpu_percent: float = setting(
        5, "A container counts that uses more than this of one core; 0: any that runs", minimum=0
    ),
    ignore: List[str] = setting([], 'Names of containers that do not count, such as "watchtower" or "ci-*"'),
    if_down: Literal["unknown", "idle"] = setting("unknown", "What it means that no Engine runs there"),
) -> Verdict:
    """Idle when no container uses the CPU."""
    try:
        containers = [each for each in ask(socket, "/containers/json") if not is_ignored(each, ignore)]
    except (ConnectionRefusedError, FileNotFoundError):
        if is_hidden(socket):
            raise Unknown(f"the sandbox does not show {socket}: snooze plugin restart {INSTANCE}") from None
        if if_down == "idle":
            return idle(f"no Docker runs at {socket}")
        raise Unknown(f"no Docker runs at {socket}") from None
    noun = "container" if len(containers) == 1 else "containers"
    if not containers:
        _last.clear()
        return idle("no container runs that counts", containers=0)
    if min_cpu_percent == 0:
        shown = ", ".join(f"{name_of(each)}{state_of(each)}" for each in containers[:3])
        return busy(f"{len(containers)} {noun} running: {shown}", containers=len(containers))
    usage = dict(zip(map(name_of, containers), cpu_of(socket, containers)))
    for gone in set(_last) - {each["Id"] for each in containers}:
        del _last[gone]
    known = {name: percent for name, percent in usage.items() if not isinstance(percent, str)}
    details = {
        "containers": len(containers),
        "cpu_percent": {name: round(percent, 1) for name, percent in known.items()},
    }
    top = max(known, key=lambda name: known[name], default=None)
    if top is not None and known[top] > min_cpu_percent:
        return busy(f"{top} uses {known[top]:.0f} % CPU, idle up to {min_cpu_percent:g} %", **details)
    for name, percent in usage.items():
        if isinstance(percent, str):
            return busy(f"{name} {percent}", **details)
    return idle(f"{len(containers)} {noun} running, none over {min_cpu_percent:g} % CPU", **details)


@check.diagnose
def diagnose(socket: str, ignore: List[str]) -> Any:
    try:
        containers = ask(socket, "/containers/json?all=true")
    except (OSError, Unknown) as error:
        title = f"{socket}: {error.strerror or error}" if isinstance(error, OSError) else str(error)
        return [finding("unreachable", title, "critical", suggestion="check socket, and who may use it")]
    found = []
    for each in containers:
        if each["State"] == "restarting":
            title = f"{name_of(each)} is restarted again and again"
            found.append(finding("restarting", title, suggestion=f"docker logs {name_of(each)}"))
        elif "(unhealthy)" in each.get("Status", ""):
            found.append(
                finding("unhealthy", f"{name_of(each)} is unhealthy", suggestion=f"docker inspect {name_of(each)}")
            )
    running = [each for each in containers if each["State"] == "running"]
    for each, life in zip(running, ask_all(socket, [f"/containers/{quote(each['Id'])}/json" for each in running])):
        if life is not None and life["HostConfig"]["RestartPolicy"]["Name"] in ("", "no"):
            title = f"Docker does not start {name_of(each)} again when the host comes back"
            found.append(finding("not-restarted", title, "info"))
    return found, {
        "containers": len(containers),
        "running": len(running),
        "ignored": sum(is_ignored(each, ignore) for each in containers),
    }


def cpu_of(socket: str, containers: "list[dict[str, Any]]") -> "list[Union[float, str]]":
    """Percent of one core since the last check; in words why that is not known. Raises OSError or Unknown."""
    paths = [f"/containers/{quote(each['Id'])}" for each in containers]
    # First who it is that is measured: one that is started anew meanwhile must not be taken for the one before.
    lives = ask_all(socket, [f"{path}/json" for path in paths])
    told = ask_all(socket, [f"{path}/stats?stream=false&one-shot=true" for path in paths])
    return [cpu_percent(*each) for each in zip(containers, lives, told)]


def cpu_percent(container: "dict[str, Any]", life: Any, told: Any) -> Union[float, str]:
    """`life` and `told` are the Engine's answers: since when it runs, and what it has used since."""
    if not life or not told or not told.get("cpu_stats") or told.get("read", "").startswith("0001-"):
        return f"{'is restarting' if container['State'] == 'restarting' else 'has just ended'}, its CPU not known"
    used = told["cpu_stats"].get("cpu_usage", {}).get("total_usage")
    if not used:  # whatever runs has used some: without the cpu controller Podman tells 0
        raise Unknown(f"the Engine does not tell how much CPU {name_of(container)} uses; set min_cpu_percent to 0")
    started = life["State"]["StartedAt"]
    now = Reading(started, used, (time.monotonic_ns(), nanoseconds(told.get("read", ""))))
    before = _last.get(container["Id"])
    _last[container["Id"]] = now
    if before is None or before.started != started or used < before.used_nanoseconds:
        return f"{'is new' if before is None else 'was started anew'}, its CPU known from the next check on"
    # The Engine knows best when it counted, but its clock may be set meanwhile: the shorter time never hides work.
    passed = [later - sooner for sooner, later in zip(before.read, now.read) if sooner and later]
    if min(passed) <= 0:
        return "was measured at no later time than before, its CPU known from the next check on"
    return 100 * (used - before.used_nanoseconds) / min(passed)


def nanoseconds(text: str) -> int:
    """2026-11-21T11:23:22.123456789Z; 0 where it is no time of that kind."""
    found = re.match(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$", text)
    if not found:
        return 0
    whole = datetime.fromisoformat(found[1] + found[3].replace("Z", "+00:00")).timestamp()
    return int(whole) * 10**9 + int((found[2] or "").ljust(9, "0"))


def is_ignored(container: "dict[str, Any]", ignore: "list[str]") -> bool:
    """By its name, or by a label that it was started with."""
    if (container.get("Labels") or {}).get(IGNORE_LABEL) == "true":
        return True
    return any(fnmatch.fnmatch(name_of(container), each) for each in ignore)


def name_of(container: "dict[str, Any]") -> str:
    """Its own name; each link to it has given it another, such as /web/database."""
    names = container.get("Names") or [container["Id"][:12]]
    return str(min(names, key=lambda name: name.count("/"))).lstrip("/")


def state_of(container: "dict[str, Any]") -> str:
    """What is to be said of it where it is among those that run, but is paused, or between two starts."""
    return "" if container["State"] == "running" else f" ({container['State']})"


if __name__ == "__main__":
    check.run()
