#!/bin/sh
# needs half a minute to start
sleep 30
