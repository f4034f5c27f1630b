#!/bin/bash
# Restores the latest backup and everything archived since into this pod's own volume, starts PostgreSQL on it, compares it with the
# live database, and records the run. It must contain a mark that was written before the restore, and everything recorded before that
# mark. PGHOST etc. are the live database's.
set -euo pipefail
socket=$(mktemp -d)
mark=$(cat /proc/sys/kernel/random/uuid)
started=$SECONDS
step='the mark'
finish() {
  local code=$?
  pg_ctl stop --pgdata "$PGDATA" --mode immediate --silent 2>/dev/null || true
  rm -rf "${PGDATA:?}"
  [ "$code" = 0 ] || record.sh restore-check false "{\"failed at\": \"$step\"}"
  exit "$code"
}
trap finish EXIT
live() { psql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 --set mark="$mark"; }
restored() { PGHOST=$socket PGUSER=postgres PGDATABASE=$1 live; }

live <<<"DELETE FROM maintenance.marks; INSERT INTO maintenance.marks (mark) VALUES (:'mark')"
segment=$(live <<<"SELECT pg_walfile_name(pg_current_wal_lsn())")
runs="SELECT count(*), md5(string_agg(r::text, '' ORDER BY job, finished_at))
FROM maintenance.job_runs r JOIN maintenance.marks ON mark = :'mark' AND finished_at < made_at"
expected=$(live <<<"$runs")

step='the archive'
# archive_timeout closes the segment that contains the mark
for _ in $(seq 90); do
  # of the last major version: an older one's timeline may be higher
  archived=$(pgbackrest info --output=json |
    jq -r '.[0] | [.archive[].database] as $all | [.archive[] | .database as $of
      | select($of.id == ([$all[] | select(.["repo-key"] == $of["repo-key"]).id] | max)).max | select(. != null)] | max // ""')
  [[ "$archived" < "$segment" ]] || break
  sleep 2
done

step='the restore'
rm -rf "$PGDATA" && mkdir -m 0700 "$PGDATA"
restore.sh "$PGDATA"

step='the recovery'
pg_ctl start --pgdata "$PGDATA" --wait --timeout 1800 --silent --log "$socket/log" --options "-c config_file=/etc/postgresql/postgresql.conf \
  -c hot_standby=off -c archive_mode=off -c ssl=off -c listen_addresses= -c unix_socket_directories=$socket" || { tail -20 "$socket/log" >&2; exit 1; }
recovered.sh "$socket"

step='the comparison'
found=$(restored postgres <<<"$runs")
[ "$found" = "$expected" ] || { echo "expected $expected, found $found" >&2; exit 1; }

step='the indexes and tables'
pg_amcheck --host "$socket" --username postgres --all --install-missing --heapallindexed
tables=0 rows=0
# assigned first: a query that fails in the head of a loop would end the loop, not the check
databases=$(restored postgres <<<'SELECT datname FROM pg_database WHERE NOT datistemplate')
for database in $databases; do
  counts=$(restored "$database" <<<"SELECT format('SELECT count(*) FROM %I.%I', schemaname, relname) FROM pg_stat_user_tables \gexec")
  for count in $counts; do
    tables=$((tables + 1)) rows=$((rows + count))
  done
done

step='the record'
record.sh restore-check true "{\"seconds\": $((SECONDS - started)), \"tables\": $tables, \"rows\": $rows}"
