"""The plugin that every SDK runs the protocol's transcripts against."""

import os
import time

from cloudsnooze_plugin import busy, canceled, idle, plugin


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
    while event["data"].get("wait"):
        if canceled():
            raise RuntimeError("canceled")
        time.sleep(0.01)
    return {"saved": event["id"]}


if __name__ == "__main__":
    check.run()
