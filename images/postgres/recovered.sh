#!/bin/bash
# Waits until the server behind a socket has recovered and takes writes:  recovered.sh SOCKET_FOLDER
# pg_ctl does not: to it, a server that is consistent has started.
for _ in $(seq 3600); do
  pg_isready --quiet --host "$1"
  case $? in
    0) exit 0 ;;
    # it answers that it is starting up
    1) sleep 0.5 ;;
    *) break ;;
  esac
done
echo 'the server did not recover' >&2
exit 1
