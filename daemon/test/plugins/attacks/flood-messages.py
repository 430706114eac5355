"""Writes 100 MB of messages, each of them legal, before each answer."""
import os
import sys

MESSAGE = b'{"jsonrpc":"2.0","method":"Host.Log","params":{"level":"info","message":"%s"}}\n' % (b"spam " * 180)
for line in sys.stdin:
    if '"CheckIdle"' in line:
        for _ in range(1100):
            os.write(1, MESSAGE * 100)
    number = line.split('"id":')[1].split(",")[0]
    os.write(1, b'{"id":%s,"result":{"is_idle":true,"reason":"flooded"}}\n' % number.encode())
