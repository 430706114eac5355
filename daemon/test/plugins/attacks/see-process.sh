#!/bin/sh
# looks at another process
cat "/proc/$1/cmdline"
