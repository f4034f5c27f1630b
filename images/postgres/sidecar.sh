#!/bin/bash
# Runs beside the server, or in the repository of a cluster: serves backup jobs or the archive, makes the first backup, reloads changed
# certificates and passwords, and completes promotions. PGHOST etc. are the database's, if it runs elsewhere.
set -euo pipefail
export PGHOST=${PGHOST:-/run/postgresql} PGUSER=${PGUSER:-postgres} PGDATABASE=postgres
watched() { find -L /etc/postgresql /etc/pgbackrest/conf.d -type f -not -path '*/..*' -exec sha256sum {} + | sort; }
sql() { psql --no-psqlrc --quiet --tuples-only --no-align --command "$1"; }
# a replica gets the roles from the leader
update_roles() { [ "$(sql 'SELECT pg_is_in_recovery()')" = t ] || roles.sh "$PGHOST"; }
# The timeline that a cluster's leader writes; nothing on a replica. Each promotion begins another one.
written() { sql "SELECT CASE WHEN NOT pg_is_in_recovery() THEN left(pg_walfile_name(pg_current_wal_lsn()), 8) END"; }
reload_database() { update_roles && sql 'SELECT pg_reload_conf()' >/dev/null; }

# Fails until each repository knows the server's major version.
upgrade_stanza() {
  local version
  version=$(sql 'SHOW server_version') && [ -n "$version" ] || return 1
  pgbackrest info --output=json | jq -e --arg major "${version%%.*}" \
    '.[0].db // [] | group_by(.["repo-key"]) | all(max_by(.id).version == $major)' >/dev/null || pgbackrest stanza-upgrade
}

# Archived WAL is useless without a first backup. Fails until each repository has one, of the server's major version.
first_backup() {
  local info missing
  info=$(pgbackrest info --output=json) || return 1
  # 1, 2, 3: no stanza, no backup, no data. A repository with another code is away
  missing=$(jq -r '.[0] as $stanza | $stanza.repo[] | .key as $key
    | ([$stanza.db[]? | select(.["repo-key"] == $key).id] | max) as $id
    | select(.status.code | IN(1, 2, 3) or (. == 0 and all($stanza.backup[]; .database != {id: $id, "repo-key": $key}))).key' <<<"$info")
  [ -z "$missing" ] || backup.sh full $missing || return 1
  jq -e '.[0].repo | all(.status.code | IN(0, 1, 2, 3))' <<<"$info" >/dev/null
}

# separate locks: archiving holds the server's locks almost permanently
export PGBACKREST_LOCK_PATH=/tmp/pgbackrest-sidecar
loaded=$(watched)
pgbackrest server &
server=$!
trap 'kill "$server" 2>/dev/null; exit 0' TERM INT

# a member of a cluster has no repository of its own
repository=$(grep -l '^repo1-path=' /etc/pgbackrest/conf.d/* || true)
backed_up='' attempt=0
# since when the database follows another region's, and whether it has been promoted after that
follows='' promoted=''
# the timelines on which a leader has updated the roles, and has completed the archive
roles_of='' archive_of=''
while kill -0 "$server"; do
  # in the background, so that signals are handled at once
  sleep 5 & wait $!
  pg_isready --quiet || continue
  if [ -n "${CLUSTER:-}" ] && timeline=$(written) && [ -n "$timeline" ]; then
    # the passwords may have changed while there was no leader
    [ "$timeline" = "$roles_of" ] || ! roles.sh "$PGHOST" || roles_of=$timeline
    [ "$timeline" = "$archive_of" ] || ! archive-missing.sh "$timeline" || archive_of=$timeline
  fi
  # A standby cluster is backed up where it is written. What it has followed is not in its own archive, so a promoted one needs a full
  # backup. A leader that is just replaced is read-only for less than a minute.
  case ${repository:+$(sql 'SELECT pg_is_in_recovery()')} in
    t) follows=${follows:-$SECONDS} ;;
    f)
      if [ -n "$follows" ]; then
        [ $((SECONDS - follows)) -lt 60 ] || backed_up='' promoted=yes
        follows=''
      fi
      if [ -z "$backed_up" ] && [ "$SECONDS" -ge "$attempt" ]; then
        attempt=$((SECONDS + 60))
        upgrade_stanza || true
        if { [ -z "$promoted" ] || backup.sh full; } && first_backup; then backed_up=yes promoted=''; fi
      fi
      ;;
  esac
  now=$(watched)
  [ "$now" != "$loaded" ] || continue
  if { [[ $PGHOST != /* ]] || reload_database; } && kill -HUP "$server"; then
    loaded=$now
    # the repository may have changed
    backed_up='' attempt=0
    echo 'certificates and passwords reloaded'
  fi
done
echo 'the pgBackRest server has stopped' >&2
exit 1
