#!/bin/sh
# Busy while there are connections to some ports. Started anew for each check: exit code 0 is idle, 1 is busy, and the
# first line of output says why. Its settings are in SNOOZE_CONFIG_…, lists as JSON.

tables=
for table in "${SNOOZE_PROC_NET:-/proc/net}/tcp" "${SNOOZE_PROC_NET:-/proc/net}/tcp6"; do
  if [ -r "$table" ]; then tables="$tables $table"; fi # a kernel without IPv6 has one
done
if [ -z "$tables" ]; then
  echo "/proc/net/tcp cannot be read"
  exit 2
fi

# shellcheck disable=SC2086 # they are words
exec awk -v ports="$SNOOZE_CONFIG_PORTS" -v direction="${SNOOZE_CONFIG_DIRECTION:-in}" \
  -v loopback="${SNOOZE_CONFIG_COUNT_LOOPBACK:-true}" -v limit="${SNOOZE_CONFIG_MAX_CONNECTIONS:-0}" '
  function number(hex, i, value) {
    for (i = 1; i <= length(hex); i++) value = value * 16 + index("0123456789ABCDEF", substr(hex, i, 1)) - 1
    return value
  }
  function port_of(address, parts) { split(address, parts, ":"); return number(parts[2]) }
  function is_loopback(address, parts) {
    split(address, parts, ":") # the kernel writes each 32 bits back to front
    if (length(parts[1]) == 8) return parts[1] ~ /7F$/
    return parts[1] ~ /^0+1000000$/ || parts[1] ~ /^0000000000000000FFFF0000.*7F$/
  }
  function is_within(one, other, a, b) { # the host has a connection to itself by its other addresses, too
    split(one, a, ":"); split(other, b, ":")
    return a[1] == b[1] || is_loopback(other)
  }
  function is_watched(port, i) {
    for (i = 1; i <= count; i++) if (port >= from[i] && port <= to[i]) return 1
    return 0
  }
  BEGIN {
    gsub(/[^0-9,-]/, "", ports) # a class with brackets in it is another one to BusyBox
    count = split(ports, ranges, ",")
    for (i = 1; i <= count; i++) {
      ends = split(ranges[i], range, "-")
      from[i] = range[1] + 0
      to[i] = range[ends] + 0
    }
  }
  function plain(address) { sub(/^0000000000000000FFFF0000/, "", address); return address }
  $4 == "01" && (loopback == "true" || !is_within($2, $3)) { # 01 is an established connection
    # a connection within the host stands in the tables twice, once for each end
    if ((plain($3), plain($2)) in counted) next
    if ((direction != "out" && is_watched(port = port_of($2))) || (direction != "in" && is_watched(port = port_of($3)))) {
      counted[plain($2), plain($3)]
      total++; seen[port]++
    }
  }
  END {
    for (port in seen) most = seen[port] > seen[most] ? port : most
    noun = total == 1 ? "connection" : "connections"
    where = seen[most] == total ? "" : ", most of them"
    if (total > limit) printf "%d %s%s on port %d; idle up to %d\n", total, noun, where, most, limit
    else printf "%d %s to the watched ports, idle up to %d\n", total, noun, limit
    exit total > limit
  }' $tables
