"""Puts a value of 700 KB on the host 150 times before each answer, and waits for none of the host's answers."""
import os
import sys
import threading

CHUNK = b'"method":"Host.KV.Set","params":{"key":"f","value":"%s"}}\n' % (b"QUJD" * 170_000)


def flood(number):
    for each in range(150):
        os.write(1, b'{"jsonrpc":"2.0","id":%d,%s' % (each, CHUNK))
    os.write(1, b'{"id":%s,"result":{"is_idle":true,"reason":"flooded"}}\n' % number)


for line in sys.stdin:
    if '"method"' in line:
        number = line.split('"id":')[1].split(",")[0].encode()
        if '"CheckIdle"' in line:
            threading.Thread(target=flood, args=(number,), daemon=True).start()
        else:
            os.write(1, b'{"id":%s,"result":{}}\n' % number)
