"""Has a grandchild in a session of its own, which ignores every signal and holds its pipes."""
import os
import signal
import sys
import time

signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(120)
    os._exit(0)
for line in sys.stdin:
    print('{"id":%s,"result":{"is_idle":true,"reason":"alone"}}' % line.split('"id":')[1].split(",")[0], flush=True)
time.sleep(120)
