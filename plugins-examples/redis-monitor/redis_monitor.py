#!/usr/bin/env python3
"""Busy while a Redis server has clients. Speaks CloudSnooze's plugin protocol, one JSON message a line."""

import json
import os
import socket
import sys
import time
from typing import Any, Optional

from resp import Address, Redis, RedisError, parse_info, parse_url
from usage import Work, find_faults, judge, rate

DEFAULTS = {
    "redis_url": "redis://127.0.0.1:6379",
    "tls_ca": None,
    "connection_threshold": 5,
    "max_ops_per_second": None,
    "count_subscribers": True,
    "count_replicas": False,
    "if_down": "unknown",
}
TIMEOUT_SECONDS = 4.0
INSTANCE = os.environ.get("SNOOZE_PLUGIN", "redis-monitor")


class Monitor:
    """Holds the configuration and, between checks, one connection."""

    def __init__(self) -> None:
        self._config: dict[str, Any] = DEFAULTS
        self._address: Address = parse_url(DEFAULTS["redis_url"])
        self._redis: Optional[Redis] = None
        self._work: Optional[Work] = None
        #: How many commands this plugin has sent over the connections before.
        self._calls = 0

    def configure(self, config: dict[str, Any]) -> None:
        """Takes a new configuration; raises ValueError and keeps the old one where it is wrong."""
        merged = {**DEFAULTS, **config}
        self._address, self._config = parse_url(merged["redis_url"], merged["tls_ca"]), merged
        self._disconnect()
        self._work = None

    def check_idle(self, deadline_seconds: float) -> dict[str, Any]:
        """The verdict. What goes wrong is raised: the daemon counts it as unknown."""
        try:
            info, subscribers, calls = self._ask(deadline_seconds, self._read_usage)
        except (ConnectionRefusedError, FileNotFoundError):
            if self._address.path and is_hidden(self._address.path):
                hint = f"snooze plugin restart {INSTANCE}; where that does not help, put its folder into permissions.read"
                raise RedisError(f"the sandbox does not show this socket: {hint}") from None
            # Only this says that no server is there; one that is slow or refuses the password may be in use.
            if self._config["if_down"] == "idle":
                return {"is_idle": True, "reason": f"no Redis runs at {self._address}"}
            raise
        work = Work(int(info["total_commands_processed"]) - calls, time.monotonic())
        average, self._work = rate(self._work, work), work
        return judge(info, subscribers, average, self._config)

    def diagnose(self, categories: list[str]) -> dict[str, Any]:
        """Findings of these categories, of all where there are none; one about reaching the server in any case."""
        try:
            info, saves, slow = self._ask(TIMEOUT_SECONDS, self._read_health)
        except (OSError, RedisError) as error:
            finding = {
                "id": "unreachable",
                "category": "redis-monitor",
                "severity": "critical",
                "title": f"Redis at {self._address} cannot be asked: {describe(error)}",
                "suggestion": "check redis_url, the password in it, and that the server runs",
            }
            return {"status": "failed", "findings": [finding]}
        findings = [
            each for each in find_faults(info, saves, slow) if not categories or each["category"] in categories
        ]
        severities = {each["severity"] for each in findings}
        return {
            "status": "failed" if "critical" in severities else "degraded" if "warning" in severities else "ok",
            "findings": findings,
            "metrics": {"redis_version": info.get("redis_version"), "used_memory": int(info.get("used_memory", 0))},
        }

    def describe_failure(self, error: Exception) -> str:
        """An error of a check, with the server's address in it."""
        return f"Redis at {self._address}: {describe(error)}"

    def _ask(self, seconds: float, questions: Any) -> Any:
        if self._redis is not None:
            try:
                self._redis.set_timeout(seconds)
                return questions(self._redis)
            except socket.timeout:
                self._disconnect()
                raise
            except OSError:
                self._disconnect()  # it was restarted, or closed an idle connection: once more
        try:
            self._redis = Redis(self._address, seconds)
            return questions(self._redis)
        except (OSError, RedisError):
            self._disconnect()
            raise

    def _read_usage(self, redis: Redis) -> tuple[dict[str, str], int, int]:
        info, calls = parse_info(redis.call("INFO")), self._calls + redis.calls
        if self._config["count_subscribers"]:
            return info, 0, calls
        return info, len(redis.call("CLIENT", "LIST", "TYPE", "pubsub").splitlines()), calls

    def _read_health(self, redis: Redis) -> tuple[dict[str, str], bool, int]:
        info = parse_info(redis.call("INFO"))
        try:
            saves = redis.call("CONFIG", "GET", "save")[1] != "" or info.get("aof_enabled") == "1"
        except (RedisError, IndexError):
            saves = True  # managed servers forbid CONFIG: nothing is claimed about them
        try:
            slow = int(redis.call("SLOWLOG", "LEN"))
        except RedisError:
            slow = 0  # the same
        return info, saves, slow

    def _disconnect(self) -> None:
        if self._redis is not None:
            self._redis.close()
            self._calls += self._redis.calls
            self._redis = None


def is_hidden(path: str) -> bool:
    """Whether a server listens at a Unix socket of that name, where this process finds none.

    The sandbox shows no file that was made after its start.
    """
    try:
        with open("/proc/net/unix", encoding="utf-8", errors="replace") as table:
            sockets = [line.rstrip("\n").split(None, 7) for line in table]
    except OSError:
        return True  # who cannot look must not say that there is none
    accepting = [each[7] for each in sockets if len(each) == 8 and each[3] == "00010000"]
    return any(os.path.basename(each) == os.path.basename(path) for each in accepting)


def describe(error: Exception) -> str:
    """An error in words for people."""
    if isinstance(error, (socket.timeout, TimeoutError)):  # two classes before Python 3.10
        return "no answer in time"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, (ConnectionResetError, BrokenPipeError)):
        return "it closed the connection: does it want TLS (rediss://)?"
    if isinstance(error, RedisError) and str(error).startswith("NOAUTH"):
        return "it wants a password; put it into redis_url, as in redis://:PASSWORD@127.0.0.1:6379"
    return getattr(error, "strerror", None) or str(error)


def answer(monitor: Monitor, method: str, params: dict[str, Any]) -> dict[str, Any]:
    """The `result` or `error` of one request."""
    try:
        if method in ("Initialize", "Configure"):
            monitor.configure(params.get("config") or {})
            return {"result": {"protocol_version": 1} if method == "Initialize" else {}}
        if method == "CheckIdle":
            deadline_ms = (params.get("context") or {}).get("deadline_ms") or TIMEOUT_SECONDS * 1000
            # Less than the host waits, so that the reason arrives and not only "no answer".
            return {"result": monitor.check_idle(min(TIMEOUT_SECONDS, deadline_ms / 1000 * 0.8))}
        if method == "Diagnose":
            return {"result": monitor.diagnose(params.get("categories") or [])}
        if method == "Shutdown":
            return {"result": {}}
    except ValueError as error:
        return {"error": {"code": -32004, "message": str(error)}}
    except (OSError, RedisError, KeyError) as error:
        return {"error": {"code": -32603, "message": monitor.describe_failure(error)}}
    return {"error": {"code": -32601, "message": f"redis-monitor has no {method}"}}


def main() -> None:
    """Answers requests until `Shutdown` or the end of the input."""
    monitor = Monitor()
    for line in sys.stdin:
        try:
            request = json.loads(line)
            method, request_id = request["method"], request.get("id")
        except (ValueError, TypeError, KeyError):
            continue
        if request_id is None:
            continue  # a notification
        reply = {"jsonrpc": "2.0", "id": request_id, **answer(monitor, method, request.get("params") or {})}
        try:
            print(json.dumps(reply), flush=True)
        except BrokenPipeError:
            os._exit(0)  # the daemon is gone
        if method == "Shutdown":
            return


if __name__ == "__main__":
    main()
