#!/bin/bash
# Creates the data folder: from the data of UPGRADE_FROM, an older major version, or from a repository's backup if there is one.
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

writable "$(dirname "$PGDATA")"
# a member of a cluster reaches its repository through the network
[ -z "${PGBACKREST_STANZA:-}" ] || grep -qs '^repo1-host=' /etc/pgbackrest/conf.d/* || writable /var/lib/pgbackrest
older=$(dirname "$PGDATA")/${UPGRADE_FROM:-}
if [ -s "$older/PG_VERSION" ]; then
  upgrade.sh "$older" "$PGDATA.new"
  mv "$PGDATA.new" "$PGDATA"
elif [ -n "${PGBACKREST_STANZA:-}" ] && backed_up; then
  # in a separate folder that is renamed when complete: an interrupted restore is resumed
  mkdir -p -m 0700 "$PGDATA.restored"
  restore.sh "$PGDATA.restored"
  # the backup is of a cluster's member, but no member needs to be compared with what it becomes
  rm -f "$PGDATA.restored/patroni.dynamic.json"
  mv "$PGDATA.restored" "$PGDATA"
else
  # in a separate folder too: an interrupted initdb starts over
  new-data.sh "$PGDATA.new"
  mv "$PGDATA.new" "$PGDATA"
fi
