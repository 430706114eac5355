"""Write CloudSnooze plugins: a function that says whether the host is idle, and why."""

from .calls import canceled
from .log import log
from .plugin import Plugin, plugin
from .verdict import Verdict, busy, idle

__all__ = ["Plugin", "Verdict", "busy", "canceled", "idle", "log", "plugin"]
