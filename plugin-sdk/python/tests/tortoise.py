"""The plugin that every SDK runs the protocol's transcripts against."""

import os

from cloudsnooze_plugin import ConfigError, busy, canceled, finding, host, idle, plugin


@plugin("tortoise", version="1.0.0")
def check(metrics, limit: float = 5):
    """Idle while the CPU is under a limit."""
    print("a stray print")
    os.system("echo a stray program")
    usage = metrics.get("cpu_usage")
    if usage is None:
        raise RuntimeError("no cpu_usage")
    return (idle if usage < limit else busy)(f"cpu {usage}, limit {limit}")


@check.on("cloud.spot.interrupt")
def save(event):
    if event.data.get("wait") and canceled(60):
        raise RuntimeError("canceled")
    return {"saved": event.id}


@check.on("custom.ask")
def ask_host():
    host.log("info", "asking", by="tortoise")
    host.metric("speed", 0.5, unit="kmh")
    host.kv.set("shell", "hard", ttl_seconds=60)
    shell = host.kv.get("shell")
    with host.inhibit("thinking", ttl_seconds=30):
        pass
    event_id = host.emit_event("custom.answer", severity=1, data={"n": 1})
    host.files.put("leaf", b"green")
    return {"shell": shell, "event": event_id, "leaf": host.files.get("leaf").decode()}


@check.configured
def refuse_less_than_nothing(limit: float = 5):
    if limit < 0:
        raise ConfigError("limit is under 0")


@check.before_snooze
def veto(action):
    return "a tortoise lives long" if action == "terminate" else None


@check.after_resume
def wake(reason):
    pass


@check.diagnose
def faults():
    return [finding("slow", "it is slow", suggestion="wait")], {"legs": 4}


@check.command
def echo(args):
    return 3, " ".join(args)


if __name__ == "__main__":
    check.run()
