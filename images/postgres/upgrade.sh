#!/bin/bash
# Upgrades data of an older major version into a new folder of the same volume.  upgrade.sh OLDER_FOLDER FOLDER
# The files are linked, which takes seconds and no space. Once a server has run on the new folder, the older one is of no use.
set -euo pipefail
older=$1 new=$2 major=$(cat "$1/PG_VERSION")
binaries=/usr/lib/postgresql/$major/bin
[ -x "$binaries/postgres" ] || { echo "this image can't read data of PostgreSQL $major: it was built without UPGRADE_FROM=$major" >&2; exit 78; }
# An interrupted upgrade starts over. No server has run on the links that it had made.
[ ! -e "$older/global/pg_control.old" ] || mv "$older/global/pg_control.old" "$older/global/pg_control"
new-data.sh "$new"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
# not the folder's own settings: a leader's have it wait for replicas
options='-c config_file=/etc/postgresql/postgresql.conf -c ssl=off'
echo "upgrading data of PostgreSQL $major"
pg_upgrade --username postgres --link --jobs "$(nproc)" --socketdir "$work" --old-bindir "$binaries" --old-datadir "$older" \
  --old-options "$options" --new-datadir "$new" --new-options "$options"
