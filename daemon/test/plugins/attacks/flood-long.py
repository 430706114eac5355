"""Writes 1 GB of messages as long as may be before each answer."""
import os
import sys

MESSAGE = b'{"jsonrpc":"2.0","method":"Host.Log","params":{"level":"info","message":"%s"}}\n' % (b"spam " * 200_000)
for line in sys.stdin:
    if '"CheckIdle"' in line:
        for _ in range(1000):
            os.write(1, MESSAGE)
    number = line.split('"id":')[1].split(",")[0]
    os.write(1, b'{"id":%s,"result":{"is_idle":true,"reason":"flooded"}}\n' % number.encode())
