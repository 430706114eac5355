"""Small values that the daemon keeps for an instance, safe from a crash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional

from .asking import NOT_FOUND, TIMED_OUT, Asking, HostError


@dataclass(frozen=True)
class Entry:
    """A value, and the number that grows with each change of it."""

    key: str
    value: Any
    revision: int


class KeyValue:
    """Keys with values of any JSON. `ttl_seconds`: it is gone after that."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def get(self, key: str, default: Any = None) -> Any:
        """The value, or the default."""
        entry = self.entry(key)
        return default if entry is None else entry.value

    def entry(self, key: str) -> Optional[Entry]:
        """The value with its revision, or None."""
        try:
            return self._ask("Get", key=key)
        except HostError as error:
            if error.code == NOT_FOUND:
                return None
            raise

    def set(self, key: str, value: Any, ttl_seconds: Optional[float] = None) -> Entry:
        """Writes, whatever was there."""
        return self._ask("Set", key=key, value=value, ttl_seconds=ttl_seconds)

    def create(self, key: str, value: Any, ttl_seconds: Optional[float] = None) -> Entry:
        """Writes a key that is not there yet; else HostError with the code -32012."""
        return self._ask("Create", key=key, value=value, ttl_seconds=ttl_seconds)

    def update(self, key: str, value: Any, revision: int, ttl_seconds: Optional[float] = None) -> Entry:
        """Writes if nobody has since; else HostError with the code -32010."""
        return self._ask("Update", key=key, value=value, revision=revision, ttl_seconds=ttl_seconds)

    def delete(self, key: str, revision: Optional[int] = None) -> None:
        """Removes a key."""
        params = {"key": key} if revision is None else {"key": key, "revision": revision}
        self._asking.ask("Host.KV.Delete", params)

    def keys(self, prefix: str = "") -> list[str]:
        """The keys that start like that."""
        return list(self._asking.ask("Host.KV.Keys", {"prefix": prefix})["keys"])

    def watch(self, key: str, revision: int = 0, seconds: Optional[float] = None) -> Optional[Entry]:
        """Waits until the key has a higher revision than this; None when the time is over first, or the call is canceled."""
        params = {"key": key, "revision": revision}
        try:
            return _entry(self._asking.ask("Host.KV.Watch", params, seconds, cancelable=True))
        except HostError as error:
            if error.code == TIMED_OUT:
                return None
            raise

    def _ask(self, operation: str, **params: Any) -> Entry:
        if params.get("ttl_seconds", 0) is None:
            del params["ttl_seconds"]
        return _entry(self._asking.ask(f"Host.KV.{operation}", params))


def _entry(told: dict[str, Any]) -> Entry:
    return Entry(str(told["key"]), told["value"], int(told["revision"]))
