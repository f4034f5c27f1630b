#!/bin/bash
# Creates the data folder once, creates or updates the roles and databases of DATABASES, then becomes the server. With
# PGBACKREST_STANZA set, WAL is archived.
set -euo pipefail
credentials.sh
major-version.sh
[ -s "$PGDATA/PG_VERSION" ] || create.sh

server=(-D "$PGDATA" -c config_file=/etc/postgresql/postgresql.conf)
settings=$(memory.sh)
for setting in $settings; do server+=(-c "$setting"); done
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
