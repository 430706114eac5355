"""Closes its standard output and lives on."""
import os
import sys
import time

line = sys.stdin.readline()
os.write(1, b'{"id":%s,"result":{}}\n' % line.split('"id":')[1].split(",")[0].encode())
os.close(1)
time.sleep(120)
