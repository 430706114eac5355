#!/usr/bin/python3
"""Starts a thousand processes, and ends them when there are so many."""
import os
import signal
import time

children = []
for _ in range(1000):
    child = os.fork()
    if child == 0:
        time.sleep(100)
    children.append(child)
for child in children:
    os.kill(child, signal.SIGKILL)
