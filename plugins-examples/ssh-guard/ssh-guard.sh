#!/bin/sh
# Busy while somebody is connected over SSH. POSIX shell alone, and no process is started for a check: the kernel's
# table of connections is read line by line, and JSON is taken apart with parameter expansion.

PROC_NET=${SSH_GUARD_PROC_NET:-/proc/net}
ports=:0016

# Prints an answer to the request in $id.
result() { printf '{"id":%s,"result":%s}\n' "$id" "$1"; }
failure() { printf '{"id":%s,"error":{"code":%s,"message":"%s"}}\n' "$id" "$1" "$2"; }

# Sets $id (empty for a notification) and $method from the message in $1.
read_message() {
  # The params may hold an "id" too (an event has one): only what stands before and after them is looked at.
  tail=${1%\}*}
  top="${1%%\"params\"*} ${tail##*[\}\]]}"
  id= method=
  case $top in *'"id"'*) member "${top##*\"id\"}"; id=$value ;; esac
  case $top in *'"method"'*) member "${top##*\"method\"}"; method=${value#\"}; method=${method%\"} ;; esac
}

# Sets $value to the word after a key: `: 12, …` gives 12.
member() {
  value=${1#*:}
  value=${value#"${value%%[! ]*}"}
  value=${value%%[,\}]*}
  value=${value%"${value##*[! ]}"}
}

# Sets $ports (":0016 :08AE") from the config in $1; fails and sets $problem where a port is none.
configure() {
  config=${1#*\"config\"}
  case $config in
    *'"port"'*)
      list=${config#*\"port\"}
      list=${list#*:}
      list=${list#"${list%%[! ]*}"}
      case $list in '['*) list=${list#?}; list=${list%%]*} ;; *) list=${list%%[,\}]*} ;; esac
      ;;
    *) list=22 ;;
  esac
  wanted=
  IFS=', '
  for port in $list; do
    case $port in *[!0-9.-]*) port='a word' ;; esac # whose quotes would break the answer
    case $port in
      '' | *[!0-9]* | ??????*) in_range=false ;;
      *) if [ "$port" -ge 1 ] && [ "$port" -le 65535 ]; then in_range=true; else in_range=false; fi ;;
    esac
    if ! $in_range; then
      problem="port: found $port, expected a number from 1 to 65535"
      unset IFS
      return 1
    fi
    wanted="$wanted $(printf ':%04X' "$port")"
  done
  unset IFS
  if [ -z "$wanted" ]; then
    problem="port: the list is empty"
    return 1
  fi
  ports=$wanted
}

# Adds to $sessions what a table of connections holds: established (01), with a local port that is ours.
count() {
  while read -r _ local _ state _; do
    [ "$state" = 01 ] || continue
    for port in $ports; do
      case $local in *"$port") sessions=$((sessions + 1)) ;; esac
    done
  done < "$1"
}

check_idle() {
  if [ ! -r "$PROC_NET/tcp" ]; then
    failure -32603 "$PROC_NET/tcp cannot be read"
    return
  fi
  sessions=0
  count "$PROC_NET/tcp"
  if [ -r "$PROC_NET/tcp6" ]; then count "$PROC_NET/tcp6"; fi # a kernel without IPv6 has none
  case $sessions in
    0) result '{"is_idle":true,"reason":"nobody is connected over SSH","details":{"sessions":0}}' ;;
    1) result '{"is_idle":false,"reason":"1 SSH session","details":{"sessions":1}}' ;;
    *) result '{"is_idle":false,"reason":"'"$sessions"' SSH sessions","details":{"sessions":'"$sessions"'}}' ;;
  esac
}

while read -r line; do
  read_message "$line"
  [ -n "$id" ] && [ "$id" != null ] || continue
  case $method in
    Initialize)
      if configure "$line"; then result '{"protocol_version":1}'; else failure -32004 "$problem"; fi ;;
    Configure)
      if configure "$line"; then result '{}'; else failure -32004 "$problem"; fi ;;
    CheckIdle) check_idle ;;
    Shutdown) result '{}'; exit 0 ;;
    *) failure -32601 "ssh-guard does not do that" ;;
  esac
done
