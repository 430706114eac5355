#!/usr/bin/env python3
"""Busy while log files grow: by anything, or by lines that match a pattern."""

import fnmatch
import os
import re
import time
from typing import Any, List, Optional

from cloudsnooze_plugin import ConfigError, Unknown, Verdict, busy, idle, plugin, setting

#: So much of what is new is looked at for the pattern in one check.
READ_BYTES = 4 * 1024 * 1024
INSTANCE = os.environ.get("SNOOZE_PLUGIN", "log-activity")


class Log:
    """One file, followed from check to check."""

    def __init__(self, path: str, from_end: bool) -> None:
        found = os.stat(path)
        self.path = path
        self._inode, self._offset = found.st_ino, found.st_size if from_end else 0
        self._changed = 0
        #: When it last grew by something that counts (monotonic); what was before is told by its time of change.
        self.active_at: Optional[float] = None

    def look(self, pattern: "Optional[re.Pattern[str]]", now: float) -> None:
        """Notes whether it has grown; raises OSError where it is gone."""
        found = os.stat(self.path)
        if found.st_ino != self._inode or found.st_size < self._offset:
            self._inode, self._offset = found.st_ino, 0  # rotated, or cut off
        if pattern is None:
            if found.st_mtime_ns != self._changed:  # the host's clock may be set: it is looked at once for each change
                self._changed, self.active_at = found.st_mtime_ns, now - max(0.0, time.time() - found.st_mtime)
            self._offset = found.st_size
        elif found.st_size > self._offset and self._has_match(pattern):
            self.active_at = now

    def _has_match(self, pattern: "re.Pattern[str]") -> bool:
        with open(self.path, "rb") as file:
            file.seek(self._offset)
            text = file.read(READ_BYTES)
        end = text.rfind(b"\n") + 1  # the last line may still be growing
        if len(text) == READ_BYTES:
            self._offset = os.stat(self.path).st_size
            return True  # more than can be looked at: that is work, whatever it says
        self._offset += end
        return any(pattern.search(line) for line in text[:end].decode("utf-8", "replace").splitlines())


#: Path → what it was outside of the sandbox when it was looked at first.
_names: "dict[str, str]" = {}
#: None until the first check.
_logs: "Optional[dict[str, Log]]" = None


@plugin(
    "log-activity",
    version="1.0.0",
    display_name="Log activity",
    author="CloudSnooze contributors",
    category="system",
    tags=["log", "file"],
    license="Apache-2.0",
    min_host_version="0.1.0",
    permissions={"network": [], "read": ["${config.paths}"], "write": [], "env": [], "host": []},
    resources={"memory_mb": 64, "cpu_percent": 20, "processes": 4},
    timeouts={"check_seconds": 5, "start_seconds": 10},
)
def check(
    paths: List[str] = setting(
        description="Files, or folders with files, each from the root",
        minItems=1,
        items={"type": "string", "pattern": "^/"},
    ),
    name: str = setting("*.log", "Which files of a folder"),
    pattern: str = setting("", "A regular expression: only lines in which it is found count; empty is all lines"),
    idle_minutes: float = setting(10, "A file counts for so long after it grew", minimum=0),
) -> Verdict:
    """Idle when no log has grown for a while."""
    files = find_files(paths, name)
    now = time.monotonic()
    logs = follow(files, re.compile(pattern) if pattern else None, now)
    active = {path: log.active_at for path, log in logs.items() if log.active_at is not None}
    if not active:
        return idle(
            f"nothing has matched {pattern!r} in {len(files)} files" if pattern else "there is no log", files=len(files)
        )
    newest = max(active, key=lambda path: active[path])
    age = (now - active[newest]) / 60
    what = f"{newest} has grown {age:.0f} min ago"
    if age < idle_minutes:
        return busy(f"{what}, idle after {idle_minutes:g}", files=len(files), newest=newest)
    return idle(what, files=len(files), newest=newest)


@check.configured
def configured(config: "dict[str, Any]") -> None:
    global _logs
    try:
        re.compile(config.get("pattern") or "")
    except re.error as error:
        raise ConfigError(f"pattern: {error}") from None
    _logs = None


def follow(files: "list[str]", pattern: "Optional[re.Pattern[str]]", now: float) -> "dict[str, Log]":
    """Looks at each file; those of the first check are followed from their end, later ones from their beginning."""
    global _logs
    before, followed = _logs or {}, {}
    for path in files:
        try:
            followed[path] = before.get(path) or Log(path, from_end=_logs is None)
            followed[path].look(pattern, now)
        except FileNotFoundError:
            followed.pop(path, None)
    _logs = followed
    return followed


def find_files(paths: "list[str]", name: str) -> "list[str]":
    """The files that are meant. Raises Unknown where a path does not exist: it may be one that was mistyped."""
    found: "list[str]" = []
    for path in paths:
        if is_lost(path):
            hint = f"name the folder that it lies in, or: snooze plugin restart {INSTANCE}"
            raise Unknown(f"{path} was renamed or removed, and the sandbox shows the old one: {hint}")
        if os.path.isdir(path):
            entries = sorted(each for each in os.listdir(path) if fnmatch.fnmatch(each, name))
            found += [each for each in (os.path.join(path, entry) for entry in entries) if os.path.isfile(each)]
        elif os.path.exists(path):
            found.append(path)
        else:
            raise Unknown(f"there is no {path}")
    return found


def is_lost(path: str) -> bool:
    """Whether what the sandbox shows under this path has another name outside by now, or none."""
    with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as table:
        mounts = [line.split(" ")[3:5] for line in table]  # what is mounted, by its name now, and where (proc(5))
    names = [name for name, at in mounts if re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), at) == path]
    return bool(names) and names[-1] != _names.setdefault(path, names[-1])


if __name__ == "__main__":
    check.run()
