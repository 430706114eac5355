"""What INFO says, judged: is the server used, and is anything wrong with it."""

from dataclasses import dataclass
from typing import Any, Optional


@dataclass(frozen=True)
class Work:
    """How many commands of others a server had done, and when that was (monotonic seconds)."""

    commands: int
    at: float


def rate(before: Optional[Work], now: Work) -> float:
    """Commands a second between two checks; 0 at the first one. A server that was started anew has done all it tells."""
    if before is None:
        return 0.0
    done = now.commands - before.commands if now.commands >= before.commands else now.commands
    return done / max(0.001, now.at - before.at)


def count_clients(info: dict[str, str], subscribers: int, config: dict[str, Any]) -> int:
    """The clients that count. INFO's number leaves replicas out, and has this plugin's own connection in it."""
    clients = int(info["connected_clients"]) - 1
    if not config["count_subscribers"]:
        clients -= subscribers
    if config["count_replicas"]:
        clients += int(info.get("connected_slaves", 0))
    return max(0, clients)


def judge(info: dict[str, str], subscribers: int, average: float, config: dict[str, Any]) -> dict[str, Any]:
    """The verdict, as the protocol has it. `average`: operations a second since the last check."""
    clients = count_clients(info, subscribers, config)
    # Redis itself tells those of the last second or two; what came and went before is in the average alone.
    operations = max(round(average, 1), float(info.get("instantaneous_ops_per_sec", 0)))
    threshold, limit = config["connection_threshold"], config["max_ops_per_second"]
    details = {
        "clients": clients,
        "operations_per_second": operations,
        "blocked_clients": int(info.get("blocked_clients", 0)),
        "replicas": int(info.get("connected_slaves", 0)),
    }
    noun = "client" if clients == 1 else "clients"
    if clients >= threshold:
        reason = f"{clients} {noun} connected, idle under {threshold}"
        return {"is_idle": False, "reason": reason, "details": details}
    if limit is not None and operations > limit:
        reason = f"{operations:g} operations a second, idle up to {limit:g}"
        return {"is_idle": False, "reason": reason, "details": details}
    return {"is_idle": True, "reason": f"{clients} {noun} connected, under {threshold}", "details": details}


def find_faults(info: dict[str, str], saves: bool, slow: int) -> list[dict[str, Any]]:
    """What an operator should know before the host is stopped.

    `saves`: Redis is configured to write to disk. `slow`: how many commands its slow log has.
    """
    findings = []

    def found(name: str, category: str, severity: str, title: str, suggestion: str) -> None:
        findings.append(
            {"id": name, "category": category, "severity": severity, "title": title, "suggestion": suggestion}
        )

    changes = int(info.get("rdb_changes_since_last_save", 0))
    if not saves and changes > 0:
        title = f"{changes} changes are in memory only and are lost when the host stops"
        found("not-persistent", "durability", "warning", title, "set `save` or `appendonly yes` in redis.conf")
    if info.get("rdb_last_bgsave_status", "ok") != "ok":
        found("save-failed", "durability", "critical", "the last background save failed", "look at the server's log and its disk")
    if info.get("aof_last_write_status", "ok") != "ok":
        found("append-failed", "durability", "critical", "the last write of the append-only file failed", "look at the server's disk")
    fragmentation, used = float(info.get("mem_fragmentation_ratio", 1)), int(info.get("used_memory", 0))
    if fragmentation > 1.5 and used > 64 * 1024 * 1024:
        title = f"the memory is fragmented: the process holds {fragmentation:g} times what the data needs"
        found("fragmented", "memory", "warning", title, "set `activedefrag yes`, or restart it when it is idle")
    limit = int(info.get("maxmemory", 0))
    if limit > 0 and used > 0.9 * limit:
        found("memory-full", "memory", "warning", f"{100 * used // limit} % of the memory limit is used", "raise `maxmemory`")
    if int(info.get("evicted_keys", 0)) > 0:
        found("evicted", "memory", "info", f"{info['evicted_keys']} keys were dropped for want of memory", "raise `maxmemory`")
    if info.get("master_link_status") == "down":
        found("replication-down", "replication", "critical", "this replica has lost its master", "look at the master and the network")
    blocked = int(info.get("blocked_clients", 0))
    if blocked > 0:
        found("blocked-clients", "clients", "info", f"{blocked} clients wait in a blocking command", "see CLIENT LIST")
    if int(info.get("rejected_connections", 0)) > 0:
        title = f"{info['rejected_connections']} connections were refused: there were too many"
        found("rejected", "clients", "warning", title, "raise `maxclients`, or use a pool")
    if slow > 0:
        found("slow-queries", "slow queries", "info", f"{slow} commands are in the slow log", "see SLOWLOG GET")
    if info.get("maxmemory") == "0":
        found("no-memory-limit", "memory", "info", "there is no memory limit", "set `maxmemory` in redis.conf")
    return findings
