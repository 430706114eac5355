"""What a server says of itself, judged: is anything wrong with it."""

import re
from typing import Any, Dict, List, Tuple

from client import ask
from cloudsnooze_plugin import Unknown, finding

SLOW = "command = 'Query' AND time > 300 AND id <> connection_id()"
SYSTEM = "('information_schema', 'performance_schema', 'mysql', 'sys')"
#: Whether InnoDB has tables and this user sees none; then those with the most free space: bytes in all, free ones, name.
#: A server with very many tables gives up after two seconds.
TABLES = f"""
SET SESSION {{limit}};
SELECT EXISTS (SELECT 1 FROM information_schema.{{known}}
    WHERE name LIKE '%/%' AND name NOT LIKE 'mysql/%' AND name NOT LIKE 'sys/%')
  AND NOT EXISTS (SELECT 1 FROM information_schema.tables WHERE table_schema NOT IN {SYSTEM});
SELECT data_length + index_length + data_free, data_free, concat(table_schema, '.', table_name)
FROM information_schema.tables WHERE engine = 'InnoDB' AND table_schema NOT IN {SYSTEM}
  AND data_length + index_length + data_free > 0 AND concat(table_schema, table_name) NOT REGEXP '[[:cntrl:]]'
ORDER BY data_free DESC LIMIT 50"""
MIB = 1024 * 1024
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
    try:
        tables, hidden = read_tables(options, is_mariadb)
    except Unknown:
        tables, hidden = [], False  # too many to look at in time: nothing is claimed
    found = judge(status, behind[1] if behind else "", int(waiting), int(slow), tables, hidden)
    return found, {name: status.get(key) for name, key in METRICS.items()}


def read_tables(options: str, is_mariadb: bool) -> Tuple[List[Tuple[int, int, str]], bool]:
    """Tables as (bytes, free bytes, name), and whether all are hidden from this user. Raises Unknown."""
    limit = "max_statement_time = 2" if is_mariadb else "max_execution_time = 2000"
    known = "innodb_sys_tables" if is_mariadb else "innodb_tables"
    [[hidden], *rows] = ask(options, TABLES.format(limit=limit, known=known))
    return [(int(size), int(free), name) for size, free, name in rows], hidden == "1"


def judge(
    status: Dict[str, str], behind: str, waiting: int, slow: int, tables: List[Tuple[int, int, str]], hidden: bool
) -> List[Dict[str, Any]]:
    """`behind`: a replica's seconds, or NULL where it does not run; empty where the server is none.

    `tables`, `hidden`: what `read_tables` gives.
    """

    def number(name: str) -> float:
        return float(status.get(name) or 0)

    most, limit = number("Max_used_connections"), number("max_connections")
    reads, misses = number("Innodb_buffer_pool_read_requests"), number("Innodb_buffer_pool_reads")
    many_slow = number("Questions") > 1000 and number("Slow_queries") > 0.01 * number("Questions")
    missed = f"{100 * misses / max(1, reads):.1f} % of reads miss the buffer pool"
    # In a tablespace that tables share, each of them is said to have all of its free space.
    own_files = status.get("innodb_file_per_table") == "ON"
    fragmented = [
        f"{name} ({free // MIB} of {size // MIB} MiB)"
        for size, free, name in tables
        if own_files and size > 100 * MIB and free > 0.3 * size
    ]
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
            "fragmented",
            fragmented,
            f"more than 30 % of the space is free in: {', '.join(fragmented[:5])}",
            "info",
            "fragmentation",
            "OPTIMIZE TABLE while nobody works: it writes the table anew",
        ),
        (
            "tables-hidden",
            hidden,
            "how fragmented the tables are is hidden from this user",
            "info",
            "fragmentation",
            "GRANT SHOW VIEW ON *.* TO …: it shows the sizes of all tables, and no row",
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
