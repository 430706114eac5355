"""Takes more memory with each check, for ever."""
import sys

kept = []
for line in sys.stdin:
    if '"CheckIdle"' in line:
        while True:
            kept.append(bytearray(8 * 1024 * 1024))
    print('{"id":%s,"result":{}}' % line.split('"id":')[1].split(",")[0], flush=True)
