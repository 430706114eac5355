"""What a check answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Verdict:
    """Whether the host is idle as far as one plugin can tell, and why, in words for people."""

    is_idle: bool
    reason: str
    details: dict[str, Any] = field(default_factory=dict)

    def as_result(self) -> dict[str, Any]:
        """The verdict as the protocol has it."""
        result: dict[str, Any] = {"is_idle": self.is_idle, "reason": self.reason}
        if self.details:
            result["details"] = self.details
        return result


def idle(reason: str, **details: Any) -> Verdict:
    """Nothing here needs the host. Further named values are shown as details."""
    return Verdict(True, reason, details)


def busy(reason: str, **details: Any) -> Verdict:
    """The host is needed. Further named values are shown as details."""
    return Verdict(False, reason, details)
