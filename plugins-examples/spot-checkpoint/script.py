"""Runs the user's script in a process group of its own, and ends all of it when the time is up."""

import collections
import errno
import os
import shutil
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from typing import Callable, Optional, Union

#: How long a script that was told to end may take, before it is killed.
GRACE_SECONDS = 2.0
#: A line of output longer than this is cut.
LINE_LIMIT_BYTES = 2000


@dataclass(frozen=True)
class Outcome:
    """How a run ended. `status` is succeeded, failed, timed-out or canceled; `exit_code` is negative for a signal."""

    status: str
    exit_code: Optional[int]
    seconds: float
    output: list[str]


def run(
    script: Union[str, list[str]],
    environment: dict[str, str],
    seconds: float,
    output_lines: int,
    is_canceled: Callable[[float], bool],
) -> Outcome:
    """Runs the script for at most `seconds`. `is_canceled(wait)` waits that long, or less when it becomes true."""
    started = time.monotonic()
    command = ["/bin/sh", "-c", script] if isinstance(script, str) else script
    try:
        process, keeper = _start(command, environment)
    except OSError as error:
        return Outcome("failed", None, 0.0, [f"{command[0]}: {error.strerror}"])
    tail = _Tail(process, output_lines)
    status = ""
    while process.poll() is None:
        if time.monotonic() - started >= seconds:
            status = "timed-out"
        elif is_canceled(0.05):
            status = "canceled"
        if status:
            end_group(process)
            break
    code = process.wait()
    keeper.communicate(b"done\n")
    _running.discard(process)
    return Outcome(status or ("failed" if code else "succeeded"), code, time.monotonic() - started, tail.lines())


def end_all() -> None:
    """Kills every script that still runs, and lets none start any more: the plugin ends."""
    # Never released: a script that is just being started is waited for, and one after it is not started.
    _starting.acquire()
    for process in list(_running):
        _signal_group(process, signal.SIGKILL)


def end_group(process: "subprocess.Popen[bytes]") -> None:
    """Asks the whole group to end, and kills what is left of it after the grace."""
    _signal_group(process, signal.SIGTERM)
    try:
        process.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        pass
    # Also when the script itself has ended: what it started may have ignored the request.
    _signal_group(process, signal.SIGKILL)


_running: "set[subprocess.Popen[bytes]]" = set()
_starting = threading.Lock()


def _start(command: list[str], environment: dict[str, str]) -> "tuple[subprocess.Popen[bytes], subprocess.Popen[bytes]]":
    _must_exist(command[0])
    with _starting:
        # It waits for a word: were this process killed before the keeper is there, the script would never end.
        process = subprocess.Popen(
            ["/bin/sh", "-c", 'read -r _ && exec "$@" </dev/null', "sh", *command],
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a group of its own, so that what the script starts ends with it
        )
        _running.add(process)
        keeper = _start_keeper(process.pid)
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        process.stdin.close()
        return process, keeper


def _must_exist(program: str) -> None:
    if shutil.which(program) is None:
        raise OSError(errno.ENOENT, os.strerror(errno.ENOENT), program)


def _start_keeper(group: int) -> "subprocess.Popen[bytes]":
    """Kills the group when this process ends without having said so: the host's own SIGKILL does not reach it."""
    # dash understands this form of `kill` alone.
    command = ["/bin/sh", "-c", 'read -r _ || kill -s KILL -- "-$1"', "sh", str(group)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True)


def _signal_group(process: "subprocess.Popen[bytes]", number: int) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        pass  # all of it has ended


class _Tail:
    """The last lines that a process wrote, however much it writes."""

    def __init__(self, process: "subprocess.Popen[bytes]", count: int) -> None:
        self._lines: "collections.deque[str]" = collections.deque(maxlen=count)
        self._stream = process.stdout
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def lines(self) -> list[str]:
        # Something that the script left behind on purpose may hold the pipe: what was said until now is enough.
        self._thread.join(0.5)
        return list(self._lines)

    def _read(self) -> None:
        assert self._stream is not None
        while line := self._stream.readline(LINE_LIMIT_BYTES):
            self._lines.append(line.decode("utf-8", "replace").rstrip("\r\n"))
