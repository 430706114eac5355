#!/bin/sh
# uses every core and answers nothing
while read -r line; do
  id=${line#*'"id":'}; id=${id%%[!0-9]*}
  case $line in *'"CheckIdle"'*) for core in 1 2 3 4; do (ulimit -t 60; while :; do :; done) & done ;; *) echo '{"id":'"$id"',"result":{}}' ;; esac
done
