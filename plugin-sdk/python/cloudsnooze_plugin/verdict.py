"""What a plugin's functions may return, turned into what the protocol has."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Optional


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


def idle_if(is_idle: bool, reason: str, **details: Any) -> Verdict:
    """Idle or busy with the same reason."""
    return Verdict(bool(is_idle), reason, details)


def as_verdict(found: Any, name: str, description: str) -> Verdict:
    """A check's return value: a Verdict, `(is_idle, reason)`, a text (busy, for that reason), True or False.

    Raises TypeError for anything else: a forgotten `return` must not stop a host.
    """
    if isinstance(found, Verdict):
        return found
    if isinstance(found, bool):
        about = description.split("\n")[0].rstrip(".") or name
        return Verdict(found, f"{about}: {'yes' if found else 'no'}")
    if isinstance(found, str) and found:
        return Verdict(False, found)
    if isinstance(found, tuple) and len(found) == 2 and isinstance(found[0], bool) and isinstance(found[1], str):
        return Verdict(found[0], found[1])
    raise TypeError(
        f"{name} returned {found!r}, expected idle(…), busy(…), (is_idle, reason), a reason to stay awake, or a bool"
    )


def finding(
    name: str, title: str, severity: str = "warning", *, category: str = "", detail: str = "", suggestion: str = ""
) -> dict[str, Any]:
    """One thing that `Diagnose` found. `severity` is info, warning or critical."""
    all_members = {
        "id": name,
        "category": category,
        "severity": severity,
        "title": title,
        "detail": detail,
        "suggestion": suggestion,
    }
    return {key: value for key, value in all_members.items() if value}


def as_diagnosis(found: Any, name: str, categories: Optional[list[str]]) -> dict[str, Any]:
    """What `Diagnose` answers, from findings, or from (findings, metrics).

    One without a category is about the whole, so it is told whatever categories were asked for.
    """
    findings, metrics = found if isinstance(found, tuple) else (found, None)
    findings = [{"category": name, **each} for each in findings or []]
    if categories:
        findings = [each for each in findings if each["category"] in (name, *categories)]
    severities = {each.get("severity") for each in findings}
    status = "failed" if "critical" in severities else "degraded" if "warning" in severities else "ok"
    return {"status": status, "findings": findings, **({"metrics": metrics} if metrics else {})}


def as_health(found: Any) -> dict[str, Any]:
    """What `HealthCheck` answers: a text says what is wrong."""
    if found is False:
        return {"status": "failed"}
    return {"status": "degraded", "message": found} if isinstance(found, str) and found else {"status": "ok"}


def as_snooze_answer(found: Any) -> dict[str, Any]:
    """What `BeforeSnooze` answers: a text is a veto, `(text, seconds)` one that asks to be asked again by then."""
    if isinstance(found, tuple):
        return {"allow": False, "reason": found[0], "delay_seconds": found[1]}
    return {"allow": False, "reason": found} if isinstance(found, str) else {"allow": found is not False}


def as_command_result(found: Any) -> dict[str, Any]:
    """What `RunCommand` answers, from a text or `(exit_code, text)`."""
    code, output = found if isinstance(found, tuple) else (0, found)
    return {"exit_code": code, "output": "" if output is None else str(output)}
