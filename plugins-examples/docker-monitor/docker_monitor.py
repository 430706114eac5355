#!/usr/bin/env python3
"""Busy while containers use the CPU. Asks the Docker Engine (or Podman) over its socket."""

import fnmatch
import http.client
import json
import os
import re
import socket as sockets
import time
from datetime import datetime
from typing import Any, Dict, List, Literal, Optional, Tuple
from urllib.parse import quote

from cloudsnooze_plugin import Unknown, Verdict, busy, finding, idle, is_hidden, plugin, seconds_left, setting

INSTANCE = os.environ.get("SNOOZE_PLUGIN", "docker-monitor")
IGNORE_LABEL = "cloudsnooze.ignore"
#: Container → its CPU nanoseconds so far, and when that was in nanoseconds: by this host's clock, and by the Engine's.
_last: Dict[str, Tuple[int, int, int]] = {}


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
        return busy(
            f"{len(containers)} {noun} running: {', '.join(map(name_of, containers[:3]))}", containers=len(containers)
        )
    usage = {name_of(each): cpu_percent(socket, each["Id"]) for each in containers}
    for gone in set(_last) - {each["Id"] for each in containers}:
        del _last[gone]
    known = {name: percent for name, percent in usage.items() if percent is not None}
    details = {
        "containers": len(containers),
        "cpu_percent": {name: round(percent, 1) for name, percent in known.items()},
    }
    top = max(known, key=lambda name: known[name], default=None)
    if top is not None and known[top] > min_cpu_percent:
        return busy(f"{top} uses {known[top]:.0f} % CPU, idle up to {min_cpu_percent:g} %", **details)
    if len(known) < len(usage):
        new = next(name for name in usage if name not in known)
        return busy(f"{new} is new, its CPU known from the next check on", **details)
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
        elif each["State"] == "running" and each.get("HostConfig", {}).get("RestartPolicy") == "no":
            found.append(finding("not-restarted", f"{name_of(each)} does not come back after a stop", "info"))
    running = sum(each["State"] == "running" for each in containers)
    return found, {
        "containers": len(containers),
        "running": running,
        "ignored": sum(is_ignored(each, ignore) for each in containers),
    }


def cpu_percent(socket: str, container: str) -> Optional[float]:
    """Percent of one core since the last check; None at the first one. Raises Unknown."""
    told = ask(socket, f"/containers/{quote(container)}/stats?stream=false&one-shot=true")
    used = (told.get("cpu_stats") or {}).get("cpu_usage", {}).get("total_usage")
    if not used:  # whatever runs has used some: without the cpu controller Podman tells 0
        raise Unknown(f"the Engine does not tell how much CPU {container[:12]} uses; set min_cpu_percent to 0")
    now = (used, time.monotonic_ns(), nanoseconds(told.get("read", "")))
    before = _last.get(container)
    _last[container] = now
    if before is None or used < before[0]:
        return None  # met for the first time, or restarted
    # The Engine knows best when it counted, but its clock may be set meanwhile: the shorter time never hides work.
    passed = [later - sooner for sooner, later in zip(before[1:], now[1:]) if sooner and later]
    return 100 * (used - before[0]) / min(passed) if min(passed) > 0 else None


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
    names = container.get("Names") or [container["Id"][:12]]
    return str(names[0]).lstrip("/")


class _UnixConnection(http.client.HTTPConnection):
    def connect(self) -> None:
        self.sock = sockets.socket(sockets.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.host)


def ask(socket: str, path: str) -> Any:
    """The Engine's answer as JSON. Raises OSError or Unknown."""
    connection = _UnixConnection(socket, timeout=max(0.5, 0.8 * seconds_left(10)))
    try:
        connection.request("GET", path, headers={"Host": "docker"})
        answer = connection.getresponse()
        told = json.load(answer)
    except (http.client.HTTPException, ValueError):
        raise Unknown(f"{socket} answered something that is no Docker's") from None
    except sockets.timeout:
        raise Unknown(f"Docker did not answer {path.split('?')[0]} in time") from None
    except PermissionError:
        raise Unknown(f"{socket}: permission denied; add the daemon's user to the group docker") from None
    finally:
        connection.close()
    if answer.status != 200:
        raise Unknown(f"Docker answered {answer.status}: {told.get('message', '')}")
    return told


if __name__ == "__main__":
    check.run()
