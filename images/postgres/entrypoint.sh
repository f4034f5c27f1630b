#!/bin/bash
# Creates the data folder once, from a repository's backup if there is one. Creates or updates the roles and databases of DATABASES,
# then becomes the server. With PGBACKREST_STANZA set, WAL is archived.
set -euo pipefail

# Whether any repository holds a backup. A lost volume must not be mistaken for a new one, so this fails if a repository can't be
# read.
backed_up() {
  local codes
  codes=$(pgbackrest info --output=json | jq -r '.[].repo[].status.code') || exit 1
  grep -qx 0 <<<"$codes" && return
  # 1, 2, 3: no stanza, no backup, no data. Any other code is an error
  ! grep -vqx '[123]' <<<"$codes" || { echo 'a backup repository can not be read' >&2; pgbackrest info >&2; exit 1; }
  return 1
}

writable() { # writable FOLDER
  [ ! -w "$1" ] || return 0
  echo "$1 is not writable for user $(id -u): it belongs to $(stat --format '%u:%g, mode %a' "$1")." \
    "The volume's provisioner ignores fsGroup, as those that use hostPath do. Run chown -R $(id -u):$(id -g) on the volume's folder" \
    "on its node, or use a StorageClass that supports fsGroup." >&2
  exit 73
}

credentials.sh
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  for volume in "$(dirname "$PGDATA")" ${PGBACKREST_STANZA:+/var/lib/pgbackrest}; do
    writable "$volume"
  done
  if [ -n "${PGBACKREST_STANZA:-}" ] && backed_up; then
    # in a separate folder that is renamed when complete: an interrupted restore is resumed
    mkdir -p -m 0700 "$PGDATA.restored"
    restore.sh "$PGDATA.restored"
    mv "$PGDATA.restored" "$PGDATA"
  else
    # in a separate folder too: an interrupted initdb starts over
    rm -rf "$PGDATA.new"
    initdb --pgdata "$PGDATA.new" --username postgres --auth-local peer --auth-host reject --data-checksums --encoding UTF8 --locale C.UTF-8 >/dev/null
    mv "$PGDATA.new" "$PGDATA"
  fi
fi

memory=$(cat /sys/fs/cgroup/memory.max 2>/dev/null || cat /sys/fs/cgroup/memory/memory.limit_in_bytes)
total=$(($(sed -nE 's/^MemTotal: +([0-9]+) kB/\1/p' /proc/meminfo) * 1024))
[ "$memory" != max ] && [ "$memory" -lt "$total" ] || memory=$total
server=(-D "$PGDATA" -c config_file=/etc/postgresql/postgresql.conf
  -c "shared_buffers=$((memory / 4 / 1024))kB" -c "effective_cache_size=$((memory / 2 / 1024))kB" -c "maintenance_work_mem=$((memory / 16 / 1024))kB")
[ -z "${PGBACKREST_STANZA:-}" ] || server+=(-c archive_mode=on)

# Nothing can connect while the roles are updated: no TCP, and a socket that no probe uses.
private=$(mktemp -d)
pg_ctl start --wait --timeout 1800 --silent --options "${server[*]} -c hot_standby=off -c listen_addresses= -c unix_socket_directories=$private"
recovered.sh "$private"
roles.sh "$private"
# The server also starts if a repository is unreachable: backups retry, and WAL waits until it can be archived.
[ -z "${PGBACKREST_STANZA:-}" ] || pgbackrest stanza-create --pg1-socket-path="$private" || echo 'the stanza could not be created in every repository' >&2
pg_ctl stop --wait --mode fast --silent
rmdir "$private"

exec postgres "${server[@]}"
