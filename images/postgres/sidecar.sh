#!/bin/bash
# Runs beside the server: serves backup jobs, makes the first backup, and reloads changed certificates and passwords.
set -euo pipefail
watched() { find -L /etc/postgresql/tls /etc/postgresql/credentials /etc/pgbackrest/conf.d -type f -not -path '*/..*' -exec sha256sum {} + | sort; }
local_sql() { psql --host /run/postgresql --username postgres --dbname postgres --no-psqlrc --quiet --tuples-only --command "$1"; }

# separate locks: archiving holds the server's locks almost permanently
export PGBACKREST_LOCK_PATH=/tmp/pgbackrest-sidecar
loaded=$(watched)
pgbackrest server &
server=$!
trap 'kill "$server" 2>/dev/null; exit 0' TERM INT

backed_up='' attempt=0
while kill -0 "$server"; do
  # in the background, so that signals are handled at once
  sleep 5 & wait $!
  pg_isready --quiet --host /run/postgresql || continue
  if [ -z "$backed_up" ] && [ "$SECONDS" -ge "$attempt" ]; then
    attempt=$((SECONDS + 60))
    # archived WAL is useless without a first backup
    if pgbackrest info --output=json | jq -e '.[].repo | all(.status.code == 0)' >/dev/null || PGHOST=/run/postgresql PGUSER=postgres PGDATABASE=postgres backup.sh full; then
      backed_up=yes
    fi
  fi
  now=$(watched)
  [ "$now" != "$loaded" ] || continue
  if roles.sh /run/postgresql && local_sql 'SELECT pg_reload_conf()' >/dev/null && kill -HUP "$server"; then
    loaded=$now
    # the repository may have changed
    backed_up='' attempt=0
    echo 'certificates and passwords reloaded'
  fi
done
echo 'the pgBackRest server has stopped' >&2
exit 1
