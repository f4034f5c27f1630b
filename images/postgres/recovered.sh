#!/bin/bash
# Waits until the server behind a socket has recovered and accepts writes.  recovered.sh SOCKET_FOLDER
# pg_ctl does not wait for that: for it, a server in a consistent state has started.
for _ in $(seq 3600); do
  pg_isready --quiet --host "$1"
  case $? in
    0) exit 0 ;;
    # 1: the server is starting up
    1) sleep 0.5 ;;
    *) break ;;
  esac
done
echo 'the server did not recover' >&2
exit 1
