"""What the daemon does for a plugin. Each method needs its name in the manifest's `permissions.host`."""

from __future__ import annotations

import base64
from datetime import datetime, timezone
from typing import Any, Iterator, Optional

from .asking import NOT_FOUND, Asking, HostError
from .keyvalue import KeyValue

#: A file goes in pieces of this size at most.
CHUNK_BYTES = 512 * 1024


class Host:
    """The daemon that runs this plugin."""

    def __init__(self) -> None:
        self.asking = Asking()
        #: The name of the configured instance.
        self.instance = ""
        #: The instance's own folder, the one to write to.
        self.state_dir = ""
        self.kv = KeyValue(self.asking)
        self.files = Files(self.asking)

    def log(self, level: str, message: str, **fields: Any) -> None:
        """Writes to the daemon's log, with fields; level is debug, info, warn or error."""
        self.asking.tell("Host.Log", {"level": level, "message": message, "fields": fields})

    def metric(self, name: str, value: float, **labels: str) -> None:
        """Reports a number, which then stands in /metrics."""
        self.asking.tell("Host.ReportMetric", {"name": name, "value": value, "labels": labels})

    def emit_event(
        self,
        type: str,
        severity: int = 0,
        data: Optional[dict[str, Any]] = None,
        deadline: Optional[datetime] = None,
    ) -> str:
        """Sends an event of the type custom or custom.<name> to all its handlers; gives its id."""
        params: dict[str, Any] = {"type": type, "severity": severity, "data": data or {}}
        if deadline is not None:
            params["deadline"] = deadline.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return str(self.asking.ask("Host.EmitEvent", params)["id"])

    def inhibit(self, reason: str, ttl_seconds: float) -> Inhibitor:
        """Keeps the host awake until it is released, and that long at most: `with host.inhibit("saving", 60): …`."""
        found = self.asking.ask("Host.Inhibit", {"reason": reason, "ttl_seconds": ttl_seconds})
        return Inhibitor(self.asking, str(found["inhibitor"]))


class Inhibitor:
    """A lock that keeps the host awake."""

    def __init__(self, asking: Asking, name: str) -> None:
        self._asking = asking
        self.name = name

    def release(self) -> None:
        """Lets the host go; one that has run out is no error."""
        try:
            self._asking.ask("Host.Release", {"inhibitor": self.name})
        except HostError as error:
            if error.code != NOT_FOUND:
                raise

    def __enter__(self) -> Inhibitor:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


class Files:
    """Files that the daemon keeps for this instance. What is told of one is its name, size, sha256 and modified."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def put(self, name: str, data: bytes) -> dict[str, Any]:
        """Writes a whole file."""
        told: dict[str, Any] = {}
        for offset in range(0, max(1, len(data)), CHUNK_BYTES):
            chunk = base64.b64encode(data[offset : offset + CHUNK_BYTES]).decode()
            told = self._asking.ask("Host.Files.Put", {"name": name, "data": chunk, "offset": offset})
        return told

    def get(self, name: str) -> bytes:
        """Reads a whole file; raises HostError where there is none."""
        return b"".join(self._chunks(name))

    def list(self, prefix: str = "") -> list[dict[str, Any]]:
        """The files whose names start like that."""
        return list(self._asking.ask("Host.Files.List", {"prefix": prefix})["files"])

    def stat(self, name: str) -> Optional[dict[str, Any]]:
        """What is told of a file, or None."""
        try:
            return dict(self._asking.ask("Host.Files.Stat", {"name": name}))
        except HostError as error:
            if error.code == NOT_FOUND:
                return None
            raise

    def delete(self, name: str) -> None:
        """Removes a file."""
        self._asking.ask("Host.Files.Delete", {"name": name})

    def _chunks(self, name: str) -> Iterator[bytes]:
        offset = 0
        while True:
            told = self._asking.ask("Host.Files.Get", {"name": name, "offset": offset, "length": CHUNK_BYTES})
            chunk = base64.b64decode(told["data"])
            yield chunk
            offset += len(chunk)
            if not chunk or offset >= told["size"]:
                return


#: The one host of this process.
host = Host()
