"""Writes 100 MB to its log before each answer, in lines as short as people's are."""
import os
import sys

for line in sys.stdin:
    if '"CheckIdle"' in line:
        for _ in range(1000):
            os.write(2, b"error: something is wrong\n" * 4000)
    number = line.split('"id":')[1].split(",")[0]
    os.write(1, b'{"id":%s,"result":{"is_idle":true,"reason":"flooded"}}\n' % number.encode())
