#!/bin/sh
# reads a file in somebody's home
cat "$1"
