"""Write CloudSnooze plugins: a function that says whether the host is idle, and why."""

import sys

if sys.version_info < (3, 9):  # before the imports, which an older one cannot even read
    raise SystemExit("cloudsnooze_plugin needs Python 3.9 or newer; %s is %s" % (sys.executable, sys.version.split()[0]))

from .asking import HostError
from .call import canceled, seconds_left
from .event import Event
from .host import host
from .log import log
from .plugin import Plugin, plugin
from .sandbox import is_hidden
from .serve import ConfigError, Unknown
from .settings import setting
from .verdict import Verdict, busy, finding, idle, idle_if

__all__ = [
    "ConfigError",
    "Event",
    "HostError",
    "Plugin",
    "Unknown",
    "Verdict",
    "busy",
    "canceled",
    "finding",
    "host",
    "idle",
    "idle_if",
    "is_hidden",
    "log",
    "plugin",
    "seconds_left",
    "setting",
]
