#!/bin/sh
# answers with the first half of a message, and is silent then
while read -r line; do
  id=${line#*'"id":'}; id=${id%%[!0-9]*}
  case $line in
    *'"CheckIdle"'*) printf '{"id":%s,"result":{"is_idle":' "$id"; exec sleep 120 ;;
    *) echo '{"id":'"$id"',"result":{}}' ;;
  esac
done
