"""Asks a server through psql, which knows every way to log in."""

import json
import os
import subprocess
from typing import Any, Dict, Optional
from urllib.parse import parse_qsl, unquote, urlsplit

from cloudsnooze_plugin import ConfigError, Unknown, seconds_left

#: How often this process has connected: the server counts these sessions with all others.
sessions_made = 0


def ask(variables: Dict[str, str], query: str) -> Any:
    """The one JSON value of a query; `variables` is what `environment` gives. Raises Unknown."""
    global sessions_made
    quiet = ["--no-psqlrc", "--no-password", "--tuples-only", "--no-align", "--quiet"]
    seconds = max(0.5, 0.8 * seconds_left(10))
    limit = {"PGAPPNAME": "cloudsnooze", "PGCONNECT_TIMEOUT": str(max(2, int(seconds)))}
    try:
        done = subprocess.run(
            ["psql", *quiet, "-v", "ON_ERROR_STOP=1", "-c", query],
            env={**os.environ, **variables, **limit},
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    except FileNotFoundError:
        raise Unknown("there is no psql on this host: install postgresql-client") from None
    except subprocess.TimeoutExpired:
        raise Unknown(f"the server did not answer in {seconds:.1f} s") from None
    if done.returncode != 2:  # with 2 there was no session: to count it would hide one of others
        sessions_made += 1
    if done.returncode != 0:
        raise Unknown(" ".join(done.stderr.split()).replace("psql: error: ", ""))
    return json.loads(done.stdout)


def environment(url: str, tls_ca: Optional[str]) -> Dict[str, str]:
    """What says how to get in, as psql's variables: on a command line everybody could read the password. Raises ConfigError."""
    try:
        parts = urlsplit(url)
        found = {"PGHOST": parts.hostname, "PGPORT": parts.port, "PGUSER": parts.username, "PGPASSWORD": parts.password}
    except ValueError as error:
        raise ConfigError(f"url: {error}") from None
    found["PGDATABASE"] = parts.path.strip("/") or "postgres"
    variables = {key: unquote(str(value)) for key, value in found.items() if value}
    for key, value in parse_qsl(parts.query):
        if key not in ("host", "port", "user", "sslmode", "sslrootcert", "sslcert", "sslkey"):
            raise ConfigError(
                f"url: {key} is not understood; host, port, user, sslmode, sslrootcert, sslcert and sslkey are"
            )
        variables["PG" + key.upper()] = value
    if tls_ca is not None:
        if "PGSSLMODE" in variables:
            raise ConfigError("url: sslmode is verify-full where tls_ca is set; leave one of them out")
        variables.update(PGSSLMODE="verify-full", PGSSLROOTCERT=tls_ca)
    return variables
