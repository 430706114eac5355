"""Writes 100 MB that are no messages before each answer."""
import os
import sys

GARBAGE = (b"progress " * 100 + b"\n") * 1000
for line in sys.stdin:
    if '"CheckIdle"' in line:
        for _ in range(110):
            os.write(1, GARBAGE)
    number = line.split('"id":')[1].split(",")[0]
    os.write(1, b'{"id":%s,"result":{"is_idle":true,"reason":"flooded"}}\n' % number.encode())
