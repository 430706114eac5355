#!/usr/bin/env python3
"""Runs your shutdown script when the cloud takes the instance away, and ends it before that happens."""

import collections
import os
import signal
import subprocess
import threading
import time
from typing import Any, Deque, Dict, List

from cloudsnooze_plugin import Event, canceled, log, plugin, seconds_left, setting

#: So long before the deadline the script must have ended.
MARGIN_SECONDS = 5
OUTPUT_LINES = 20
#: A longer line is told in parts.
LINE_BYTES = 2000

_running: "set[subprocess.Popen[bytes]]" = set()
_starting = threading.Lock()

save = plugin(
    "spot-script",
    version="1.0.0",
    display_name="Spot interruption script",
    author="CloudSnooze contributors",
    description="Runs your shutdown script when the cloud is about to take the instance away.",
    category="cloud-event",
    tags=["aws", "azure", "gcp", "spot", "interrupt"],
    license="Apache-2.0",
    min_host_version="0.1.0",
    permissions={"network": ["*"], "read": ["/"], "write": ["/"], "env": [], "host": []},
    resources={"processes": 256},
    timeouts={"event_seconds": 120, "start_seconds": 10},
)


@save.on("cloud.spot.interrupt", "cloud.instance.termination", priority=100)
def run(
    event: Event,
    shutdown_script_path: str = setting(description="The program that is run", pattern="^/"),
    arguments: List[str] = setting([], "What it is given"),
    timeout_seconds: float = setting(
        90, "The longest that it may take, also where an event has no deadline", exclusiveMinimum=0
    ),
) -> Dict[str, Any]:
    seconds = min(timeout_seconds, seconds_left(timeout_seconds + MARGIN_SECONDS) - MARGIN_SECONDS)
    if seconds <= 0:
        raise TimeoutError(
            f"{seconds_left():.0f} s are left, and the script must have ended {MARGIN_SECONDS} s before that"
        )
    variables = {
        "SNOOZE_EVENT_ID": event.id,
        "SNOOZE_EVENT_TYPE": event.type,
        "SNOOZE_EVENT_SECONDS_LEFT": str(int(seconds)),
    }
    with _starting:
        script = subprocess.Popen(
            [shutdown_script_path, *arguments],
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a group of its own, so that what it starts ends with it
        )
        _running.add(script)
    output: "Deque[bytes]" = collections.deque(maxlen=OUTPUT_LINES)
    reader = threading.Thread(target=read, args=(script, output), daemon=True)
    reader.start()
    why = wait(script, seconds)
    _running.discard(script)
    reader.join(0.5)  # what the script left behind on purpose may hold the pipe: what was said until now is enough
    last = [line.decode("utf-8", "replace").rstrip("\r\n") for line in list(output)]
    if why or script.returncode != 0:
        # An error and not a result: the history shall say that the work was not saved.
        raise RuntimeError(f"{why or f'exit code {script.returncode}'}; its last output: {' | '.join(last) or 'none'}")
    return {"script": shutdown_script_path, "exit_code": 0, "output": last}


def wait(script: "subprocess.Popen[bytes]", seconds: float) -> str:
    """Waits for the script itself, not for what it leaves behind; gives why it was ended, if it was."""
    end_at = time.monotonic() + seconds
    while script.poll() is None:
        why = ""
        if canceled(0.05):
            why = "ended because the event was canceled"
        elif time.monotonic() >= end_at:
            why = f"ended after {seconds:.0f} s, because no time was left"
        if why:
            end(script, signal.SIGTERM)
            try:
                script.wait(2)
            except subprocess.TimeoutExpired:
                pass
            end(script, signal.SIGKILL)  # also where the script has ended: what it started may not have
            script.wait()
            return why
    return ""


def read(script: "subprocess.Popen[bytes]", output: "Deque[bytes]") -> None:
    """Keeps the last lines, however much the script writes."""
    assert script.stdout is not None
    while line := script.stdout.readline(LINE_BYTES):
        output.append(line)


@save.at_shutdown
def end_all() -> None:
    """No script outlives the plugin."""
    # Never released: a script that is just being started is waited for, and one after it is not started.
    _starting.acquire()
    for script in list(_running):
        log.warning("the plugin ends, and so does its script")
        end(script, signal.SIGKILL)


def end(script: "subprocess.Popen[bytes]", number: int) -> None:
    try:
        os.killpg(script.pid, number)
    except ProcessLookupError:
        pass  # it has ended


if __name__ == "__main__":
    save.run()
