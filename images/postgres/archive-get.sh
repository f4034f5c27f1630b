#!/bin/bash
# The restore_command of a cluster's members: fails soon while the repository is away, because a promotion waits for it.
#   archive-get.sh SEGMENT FILE
set -euo pipefail
away=/tmp/repository-away
# a promotion asks several times
[ -z "$(find "$away" -newermt '10 seconds ago' 2>/dev/null)" ] || exit 1
# by SIGKILL: pgBackRest can hang after SIGTERM. Any failure becomes 1: PostgreSQL stops if the exit code is greater than 125
timeout --signal=KILL 2 pgbackrest server-ping "$CLUSTER-repository" --log-level-console=off || { touch "$away"; exit 1; }
timeout --signal=KILL 20 pgbackrest archive-get "$1" "$2" || exit 1
