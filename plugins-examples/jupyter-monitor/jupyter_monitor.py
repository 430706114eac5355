#!/usr/bin/env python3
"""Busy while a Jupyter server computes, or somebody used it a short while ago."""

import json
import time
import urllib.error
import urllib.request
from typing import Any, Literal, Optional

from cloudsnooze_plugin import Unknown, Verdict, busy, finding, idle, plugin, seconds_left, setting
from cloudsnooze_plugin.event import parse_instant

# The daemon's environment names no proxy, and a server on this host needs none.
_open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


@plugin(
    "jupyter-monitor",
    version="1.0.0",
    display_name="Jupyter kernels",
    author="CloudSnooze contributors",
    category="development",
    tags=["jupyter", "notebook"],
    license="Apache-2.0",
    min_host_version="0.1.0",
    permissions={"network": ["127.0.0.1:8888"], "read": [], "write": [], "env": [], "host": []},
    resources={"memory_mb": 96, "cpu_percent": 20, "processes": 8},
    timeouts={"check_seconds": 5, "start_seconds": 10},
)
def check(
    url: str = setting(
        "http://127.0.0.1:8888", "Where the server is, with its base_url if it has one", pattern="^https?://"
    ),
    token: str = setting("", "Its token, as in ${JUPYTER_TOKEN}; empty where it wants none"),
    idle_minutes: float = setting(10, "A kernel counts for so long after it was last used", minimum=0),
    terminal_minutes: Optional[float] = setting(10, "The same for its terminals; null leaves them out", minimum=0),
    if_down: Literal["unknown", "idle"] = setting("unknown", "What it means that no server runs there"),
) -> Verdict:
    """Idle when no Jupyter kernel is busy and none was used for a while."""
    try:
        kernels = ask(url, token, "api/kernels")
        terminals = ask(url, token, "api/terminals", optional=True) if terminal_minutes is not None else []
    except ConnectionRefusedError:
        if if_down == "idle":
            return idle(f"no Jupyter server runs at {url}")
        raise Unknown(f"no Jupyter server runs at {url}: connection refused") from None
    except OSError as error:
        raise Unknown(f"{url}: {error.strerror or error}") from None
    working = [each for each in kernels if is_working(each)]
    details = {"kernels": len(kernels), "busy": len(working), "terminals": len(terminals)}
    if working:
        return busy(f"{count(len(working), 'kernel')} busy: {', '.join(names(url, token, working))}", **details)
    used = [(age_minutes(each), each, idle_minutes) for each in kernels]
    used += [(age_minutes(each), {"name": f"terminal {each['name']}"}, terminal_minutes or 0) for each in terminals]
    recent = [(age, each, limit) for age, each, limit in used if age < limit]
    if recent:
        age, each, limit = min(recent, key=lambda found: found[0])
        return busy(f"{names(url, token, [each])[0]} was used {age:.0f} min ago, idle after {limit:g}", **details)
    if not used:
        return idle("no kernel runs", **details)
    last = min(age for age, _, _ in used)
    return idle(f"{count(len(kernels), 'kernel')} idle, last used {last:.0f} min ago", **details)


@check.diagnose
def diagnose(url: str, token: str, idle_minutes: float) -> Any:
    try:
        kernels = ask(url, token, "api/kernels")
    except (OSError, Unknown) as error:
        title = f"{url}: {error.strerror or error}" if isinstance(error, OSError) else str(error)
        return [finding("unreachable", title, "critical", suggestion="check url and token")]
    found = []
    for each in kernels:
        if each["execution_state"] == "dead":
            title = f"the kernel of {names(url, token, [each])[0]} is dead"
            found.append(finding("dead-kernel", title, suggestion="restart it, or shut it down"))
        elif each["execution_state"] == "idle" and not each.get("connections") and age_minutes(each) > idle_minutes:
            title = f"nobody is connected to {names(url, token, [each])[0]}, and its kernel keeps its memory"
            found.append(
                finding("forgotten-kernel", title, "info", suggestion="set MappingKernelManager.cull_idle_timeout")
            )
    return found, {"kernels": len(kernels)}


def ask(url: str, token: str, path: str, optional: bool = False) -> Any:
    """The server's answer as JSON; an empty list where an optional part is turned off. Raises Unknown or OSError."""
    request = urllib.request.Request(f"{url.rstrip('/')}/{path}", headers={"Accept": "application/json"})
    if token:
        request.add_header("Authorization", f"token {token}")
    try:
        with _open(request, timeout=max(0.1, 0.4 * seconds_left(10))) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        if optional and error.code == 404:
            return []
        wrong = "it wants another token" if error.code in (401, 403) else error.reason
        raise Unknown(f"{url}/{path} answered {error.code}: {wrong}") from None
    except ValueError:
        raise Unknown(f"{url}/{path} answered something that is no JSON: is that a Jupyter server?") from None
    except urllib.error.URLError as error:
        raise error.reason if isinstance(error.reason, OSError) else error


def names(url: str, token: str, kernels: list) -> list:
    """The notebooks of some kernels, where the server says which."""
    try:
        sessions = {each["kernel"]["id"]: each.get("path") for each in ask(url, token, "api/sessions")}
    except (OSError, Unknown, KeyError, TypeError):
        sessions = {}
    return [sessions.get(each.get("id")) or each["name"] for each in kernels]


def is_working(kernel: dict) -> bool:
    state = kernel["execution_state"]
    if state == "starting" and kernel.get("connections") == 0:
        return False  # the server misses that a kernel is up where nobody connects to it, and says so for ever
    return state not in ("idle", "dead")


def age_minutes(each: dict) -> float:
    """Since a kernel or terminal was last used; 0 where the server does not say."""
    last = each.get("last_activity")
    return max(0.0, time.time() - parse_instant(last).timestamp()) / 60 if last else 0.0


def count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


if __name__ == "__main__":
    check.run()
