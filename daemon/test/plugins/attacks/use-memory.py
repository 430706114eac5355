#!/usr/bin/python3
"""Uses a gigabyte."""
memory = bytearray(1024 * 1024 * 1024)
