#!/bin/bash
# Initialises the data folder once, brings roles and databases to what DATABASES says, then becomes the server.
set -euo pipefail

databases=${DATABASES:?a comma-separated list of databases, each with the password of its role under /etc/postgresql/credentials}
connections=${CONNECTIONS_PER_DATABASE:-90}

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
IFS=, read -ra names <<<"$databases"
for name in "${names[@]}"; do
  psql --host "$private" --username postgres --dbname postgres --quiet --no-psqlrc --set ON_ERROR_STOP=1 \
    --set name="$name" --set connections="$connections" --set password="$(cat "/etc/postgresql/credentials/$name")" <<'SQL'
SELECT format('CREATE ROLE %I', :'name') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'name') \gexec
ALTER ROLE :"name" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT :connections PASSWORD :'password';
SELECT format('CREATE DATABASE %I OWNER %I', :'name', :'name') WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \gexec
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
done
pg_ctl stop --wait --mode fast --silent
rmdir "$private"

exec postgres "${server[@]}"
