"""The plugin's log: stderr, with the level in front of each line as syslog writes it."""

from __future__ import annotations

import logging
import sys


class _SyslogFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        level = 3 if record.levelno >= logging.ERROR else 4 if record.levelno >= logging.WARNING else 6
        if record.levelno < logging.INFO:
            level = 7
        # Each line of a traceback needs its own level, or the host takes the rest for `info`.
        return "\n".join(f"<{level}>{line}" for line in super().format(record).split("\n"))


def _make() -> logging.Logger:
    logger = logging.getLogger("cloudsnooze_plugin")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_SyslogFormatter("%(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    return logger


log = _make()

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING, "error": logging.ERROR}


def set_level(level: str) -> None:
    """Leaves out what the daemon does not want."""
    log.setLevel(_LEVELS.get(level, logging.INFO))
