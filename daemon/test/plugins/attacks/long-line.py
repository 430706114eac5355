"""Answers with one line of 50 MB."""
import os
import sys

for line in sys.stdin:
    number = line.split('"id":')[1].split(",")[0]
    os.write(1, b'{"id":%s,"result":{"is_idle":true,"reason":"' % number.encode())
    if '"CheckIdle"' in line:
        for _ in range(50):
            os.write(1, b"x" * 1000000)
    os.write(1, b'"}}\n')
