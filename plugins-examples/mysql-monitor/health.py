"""What a server says of itself, judged: is anything wrong with it."""

import re
from typing import Any, Dict, List

from client import ask
from cloudsnooze_plugin import Unknown, finding

SLOW = "command = 'Query' AND time > 300 AND id <> connection_id()"
METRICS = {
    "version": "version",
    "uptime_seconds": "Uptime",
    "connections": "Threads_connected",
    "questions": "Questions",
}


def examine(options: str) -> Any:
    """Findings and metrics. Raises Unknown where the server cannot be asked."""
    status = dict(row[:2] for row in ask(options, "SHOW GLOBAL STATUS; SHOW GLOBAL VARIABLES") if len(row) > 1)
    is_mariadb = "slave_net_timeout" in status
    try:
        replica = ask(options, "SHOW SLAVE STATUS\\G" if is_mariadb else "SHOW REPLICA STATUS\\G")
    except Unknown:
        replica = []  # this user may not see it: nothing is claimed
    behind = re.search(r"Seconds_Behind_(?:Master|Source): (\w+)", "\n".join(" ".join(row) for row in replica))
    [[waiting], [slow]] = ask(
        options,
        "SELECT count(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT';"
        f"SELECT count(*) FROM information_schema.processlist WHERE {SLOW}",
    )
    found = judge(status, behind[1] if behind else "", int(waiting), int(slow))
    return found, {name: status.get(key) for name, key in METRICS.items()}


def judge(status: Dict[str, str], behind: str, waiting: int, slow: int) -> List[Dict[str, Any]]:
    """`behind`: a replica's seconds, or NULL where it does not run; empty where the server is none."""

    def number(name: str) -> float:
        return float(status.get(name) or 0)

    most, limit = number("Max_used_connections"), number("max_connections")
    reads, misses = number("Innodb_buffer_pool_read_requests"), number("Innodb_buffer_pool_reads")
    many_slow = number("Questions") > 1000 and number("Slow_queries") > 0.01 * number("Questions")
    missed = f"{100 * misses / max(1, reads):.1f} % of reads miss the buffer pool"
    # id, whether it is so, title, severity, category, suggestion
    rules = [
        (
            "blocked",
            waiting,
            f"{waiting} transactions wait for a lock",
            "warning",
            "clients",
            "see information_schema.innodb_trx",
        ),
        (
            "slow-query",
            slow,
            f"{slow} queries run for more than 5 minutes",
            "warning",
            "slow queries",
            "see SHOW FULL PROCESSLIST",
        ),
        (
            "many-slow-queries",
            many_slow,
            "more than 1 % of all queries are slow",
            "info",
            "slow queries",
            "look at the slow query log",
        ),
        (
            "few-connections",
            most > 0.8 * limit,
            f"{most:g} of {limit:g} connections were taken once",
            "warning",
            "clients",
            "use a pool, or raise max_connections",
        ),
        (
            "small-buffer-pool",
            reads > 100_000 and misses > 0.01 * reads,
            missed,
            "info",
            "memory",
            "raise innodb_buffer_pool_size",
        ),
        (
            "late-flush",
            number("innodb_flush_log_at_trx_commit") != 1,
            "the last second of commits is lost where the host stops hard",
            "warning",
            "durability",
            "innodb_flush_log_at_trx_commit = 1",
        ),
        (
            "replica-stopped",
            behind == "NULL",
            "replication is configured and does not run",
            "critical",
            "replication",
            "see SHOW REPLICA STATUS",
        ),
        (
            "replica-behind",
            behind.isdigit() and int(behind) > 60,
            f"this replica is {behind} s behind",
            "warning",
            "replication",
            "let it catch up before a stop",
        ),
    ]
    return [
        finding(name, title, severity, category=category, suggestion=suggestion)
        for name, is_so, title, severity, category, suggestion in rules
        if is_so
    ]
