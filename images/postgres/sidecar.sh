#!/bin/bash
# Beside the server: lets backup jobs in, makes the first backup, and brings certificates and passwords that changed into force.
set -euo pipefail
watched() { find -L /etc/postgresql/tls /etc/postgresql/credentials /etc/pgbackrest/conf.d -type f -not -path '*/..*' -exec sha256sum {} + | sort; }
local_sql() { psql --host /run/postgresql --username postgres --dbname postgres --no-psqlrc --quiet --tuples-only --command "$1"; }

loaded=$(watched)
pgbackrest server &
server=$!
trap 'kill "$server" 2>/dev/null; exit 0' TERM INT

backed_up=
while kill -0 "$server"; do
  # in the background, so that a signal is not kept waiting
  sleep 5 & wait $!
  pg_isready --quiet --host /run/postgresql || continue
  if [ -z "$backed_up" ]; then
    # what is archived is worth nothing without a backup to begin with
    if pgbackrest info --output=json | jq -e '.[].repo | all(.status.code == 0)' >/dev/null || PGHOST=/run/postgresql PGUSER=postgres PGDATABASE=postgres backup.sh full; then
      backed_up=yes
    fi
  fi
  now=$(watched)
  [ "$now" != "$loaded" ] || continue
  if roles.sh /run/postgresql && local_sql 'SELECT pg_reload_conf()' >/dev/null && kill -HUP "$server"; then
    loaded=$now
    echo 'certificates and passwords have been loaded anew'
  fi
done
echo 'the pgBackRest server has ended' >&2
exit 1
