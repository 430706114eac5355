#!/usr/bin/env python3
"""Busy while a tmux pane runs something, or was used a short while ago. Reads /proc: it needs no tmux and no user's socket."""

import os
import pwd
import re
import time
from dataclasses import dataclass, replace
from typing import Any, Iterator, List, Optional

from cloudsnooze_plugin import Unknown, Verdict, busy, idle, plugin, setting

SHELLS = {"ash", "bash", "csh", "dash", "fish", "ksh", "mksh", "nu", "sh", "tcsh", "xonsh", "zsh"}
#: What runs scripts: the shells, and these.
INTERPRETER = re.compile(rf"({'|'.join(sorted(SHELLS))}|julia|lua|node|perl|python|R|Rscript|ruby)[\d.]*$")
#: Device numbers of pseudo-terminals begin here (Linux, Documentation/admin-guide/devices.txt).
PTS_MAJOR = 136
CALM = ["less", "more", "man", "top", "htop", "btop", "watch", "vi", "vim", "nvim", "nano", "emacs"]


@dataclass(frozen=True)
class Process:
    """What /proc/PID/stat says: `group` has the terminal's foreground where it equals `foreground`."""

    pid: int
    name: str
    parent: int
    group: int
    terminal: int
    foreground: int


@plugin(
    "tmux-monitor",
    version="1.0.0",
    display_name="tmux sessions",
    author="CloudSnooze contributors",
    category="system",
    tags=["tmux", "terminal", "session"],
    license="Apache-2.0",
    min_host_version="0.1.0",
    permissions={"network": [], "read": ["/proc", "/dev/pts"], "write": [], "env": [], "host": []},
    resources={"memory_mb": 64, "cpu_percent": 20, "processes": 4},
    timeouts={"check_seconds": 5, "start_seconds": 10},
)
def check(
    jobs: bool = setting(True, "A pane in which a program runs counts, also of a session that nobody is attached to"),
    ignore: List[str] = setting(CALM, "Programs that do not count as a job"),
    idle_minutes: float = setting(15, "A pane counts for so long after it was last typed in or written to", minimum=0),
    users: List[str] = setting([], "Whose tmux counts; everybody's where the list is empty"),
) -> Verdict:
    """Idle when no tmux pane runs a program or was used for a while."""
    processes = {each.pid: each for each in read_processes()}
    servers = {pid for pid, each in processes.items() if each.name == "tmux: server" and is_of(pid, users)}
    panes = [each for each in processes.values() if each.parent in servers and each.terminal]
    attached = sum(each.name == "tmux: client" and is_of(each.pid, users) for each in processes.values())
    found = [(pane, job_of(pane, processes)) for pane in panes]
    running = [(pane, job) for pane, job in found if job and job.name not in ignore]
    details = {"panes": len(panes), "jobs": len(running), "attached": attached}
    if jobs and running:
        pane, job = running[0]
        more = f", and {len(running) - 1} more" if running[1:] else ""
        return busy(f"{describe(job)} runs in {place_of(pane)}{more}", **details)
    used = [(age, pane) for age, pane in ((age_minutes(pane), pane) for pane in panes) if age is not None]
    age, pane = min(used, key=lambda each: each[0], default=(idle_minutes, None))
    if pane and age < idle_minutes:
        return busy(f"a pane of {place_of(pane)} was used {age:.0f} min ago, idle after {idle_minutes:g}", **details)
    if not panes:
        return idle("no tmux runs", **details)
    noun = "pane" if len(panes) == 1 else "panes"
    return idle(f"nothing runs in {len(panes)} tmux {noun}", **details)


def job_of(pane: Process, processes: "dict[int, Process]") -> Optional[Process]:
    """The program in the foreground of a pane, or None where that is its shell."""
    leader = pane if pane.foreground == -1 else processes.get(pane.foreground)
    if leader is None:
        return replace(pane, name="a program")
    return None if is_prompt(leader) else leader


def is_prompt(process: Process) -> bool:
    """Whether a process is a shell that waits to be typed into, and not one that runs a script."""
    if process.name.lstrip("-") not in SHELLS:
        return False
    return all(word.startswith("-") for word in arguments_of(process) if word)


def describe(job: Process) -> str:
    """What people call it: its name, and of an interpreter the script. Other arguments may be secret."""
    if INTERPRETER.match(job.name.lstrip("-")):
        for word in arguments_of(job):
            if word in ("-c", "-e", "-m"):
                break
            if not word.startswith("-"):
                return f"{job.name} {os.path.basename(word)}"
    return job.name


def arguments_of(process: Process) -> List[str]:
    """None where it has ended."""
    try:
        with open(f"/proc/{process.pid}/cmdline", encoding="utf-8", errors="replace") as file:
            return file.read().split("\0")[1:-1]
    except OSError:
        return []


def place_of(pane: Process) -> str:
    """Whose pane it is, and its terminal, by which tmux finds the session."""
    try:
        uid = os.stat(f"/proc/{pane.pid}").st_uid
    except OSError:
        return "tmux"  # it has ended
    try:
        user = pwd.getpwuid(uid).pw_name
    except KeyError:
        user = str(uid)
    return f"tmux of {user} on pts/{os.minor(pane.terminal)}"


def age_minutes(pane: Process) -> Optional[float]:
    """Since a pane's terminal was last read from or written to; the kernel keeps that to 8 seconds."""
    if os.major(pane.terminal) != PTS_MAJOR:
        return None
    try:
        found = os.stat(f"/dev/pts/{os.minor(pane.terminal)}")
    except OSError:
        return None  # it was closed just now, or is that of another container
    return max(0.0, time.time() - max(found.st_atime, found.st_mtime)) / 60


def is_of(pid: int, users: "list[str]") -> bool:
    """Whether a process belongs to one of them."""
    if not users:
        return True
    try:
        uid = os.stat(f"/proc/{pid}").st_uid
        return str(uid) in users or pwd.getpwuid(uid).pw_name in users
    except (OSError, KeyError):
        return False


def read_processes() -> "Iterator[Process]":
    """All processes. Raises Unknown where others' cannot be seen: that there is none would be a guess."""
    if not os.access("/proc/1/stat", os.R_OK):
        raise Unknown("/proc hides the processes of other users (hidepid)")
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as file:
                    yield parse_stat(file.read())
            except OSError:
                pass  # it has ended


def parse_stat(text: str) -> Process:
    """One line of /proc/PID/stat; the name may have spaces and brackets in it."""
    pid, _, rest = text.partition(" (")
    name, _, fields = rest.rpartition(") ")
    found: "list[Any]" = fields.split()
    return Process(int(pid), name, int(found[1]), int(found[2]), int(found[4]), int(found[5]))


if __name__ == "__main__":
    check.run()
