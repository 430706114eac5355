"""Crashes in the middle of its answer."""
import os
import sys

for line in sys.stdin:
    if '"CheckIdle"' in line:
        os.write(1, b'{"id":')
        os.abort()
    print('{"id":%s,"error":"no"}' % line.split('"id":')[1].split(",")[0], flush=True)
