#!/bin/bash
# Becomes Patroni, which runs the server as a member of the cluster that CLUSTER names, as the Service of its leader is named.
set -euo pipefail
# in the background, so that signals are handled at once
pause() { sleep 2 & wait $!; }
credentials.sh
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  if [[ $HOSTNAME == *-0 ]]; then
    # what it creates comes from the repository, if that holds a backup
    until pgbackrest server-ping "$CLUSTER-repository" --log-level-console=off; do pause; done
  else
    # Only the first member creates a cluster. Otherwise an empty member could, while the first one holds the data of a single instance.
    until pg_isready --quiet --host "$CLUSTER"; do pause; done
  fi
fi
{ echo "include '/etc/postgresql/postgresql.conf'"; memory.sh; } >/run/postgresql/member.conf
exec patroni /etc/patroni/patroni.yaml
