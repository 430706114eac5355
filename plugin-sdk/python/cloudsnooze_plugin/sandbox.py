"""What the sandbox does not show."""

from __future__ import annotations

import os


def is_hidden(path: str) -> bool:
    """Whether a server listens at a Unix socket of that name, where this process finds none.

    The sandbox shows no file that was made after its start. True too where the kernel's table cannot be read; it is that
    of the network which the process has: without `permissions.network` it needs `/proc/net` in `permissions.read`.
    """
    try:
        with open("/proc/net/unix", encoding="utf-8", errors="replace") as table:
            sockets = [line.rstrip("\n").split(None, 7) for line in table]
    except OSError:
        return True  # who cannot look must not say that there is none
    accepting = [each[7] for each in sockets if len(each) == 8 and each[3] == "00010000"]
    return any(os.path.basename(each) == os.path.basename(path) for each in accepting)
