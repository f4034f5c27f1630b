#!/bin/bash
# Initialises the data folder once, brings roles and databases to what DATABASES says, then becomes the server.
set -euo pipefail

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  # A folder of its own, renamed when complete: an interrupted initdb is started over.
  rm -rf "$PGDATA.new"
  initdb --pgdata "$PGDATA.new" --username postgres --auth-local peer --auth-host reject --data-checksums --encoding UTF8 --locale C.UTF-8 >/dev/null
  mv "$PGDATA.new" "$PGDATA"
fi

memory=$(cat /sys/fs/cgroup/memory.max 2>/dev/null || cat /sys/fs/cgroup/memory/memory.limit_in_bytes)
total=$(($(sed -nE 's/^MemTotal: +([0-9]+) kB/\1/p' /proc/meminfo) * 1024))
[ "$memory" != max ] && [ "$memory" -lt "$total" ] || memory=$total
server=(-D "$PGDATA" -c config_file=/etc/postgresql/postgresql.conf
  -c "shared_buffers=$((memory / 4 / 1024))kB" -c "effective_cache_size=$((memory / 2 / 1024))kB")

# Nothing can connect while roles are being set: no TCP, and a socket that no probe looks at.
private=$(mktemp -d)
pg_ctl start --wait --timeout 300 --silent --options "${server[*]} -c listen_addresses= -c unix_socket_directories=$private"
roles.sh "$private"
pg_ctl stop --wait --mode fast --silent
rmdir "$private"

exec postgres "${server[@]}"
