#!/bin/sh
# ends before it has said anything
exit 0
