#!/bin/sh
# becomes somebody else with a setuid program, or gives a file of its own away
[ "$("$1" -u)" != "$(id -u)" ] && exit 0
touch "$HOME/gift" && chown 12345 "$HOME/gift"
