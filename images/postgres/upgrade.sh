#!/bin/bash
# Upgrades data of an older major version into a new folder of the same volume.  upgrade.sh OLDER_FOLDER FOLDER
# The files are linked, which takes seconds and no space. Once a server has run on the links, no other one may run on the older folder, so
# a complete upgrade leaves it without a control file.
set -euo pipefail
older=$1 new=$2 major=$(cat "$1/PG_VERSION")
control=$older/global/pg_control
if [ ! -e "$control" ] && [ ! -e "$control.old" ]; then
  # Patroni renames the folder of a server whose first start fails
  [ -s "$new/PG_VERSION" ] || mv "$PGDATA.failed" "$new" ||
    { echo "the data of PostgreSQL $major were upgraded before: to restore a backup instead, delete the ConfigMap postgres-upgrade and $older" >&2; exit 78; }
  exit
fi
binaries=/usr/lib/postgresql/$major/bin
[ -x "$binaries/postgres" ] || { echo "this image can't read data of PostgreSQL $major: it was built without UPGRADE_FROM=$major" >&2; exit 78; }
work=$(mktemp -d)
# pg_upgrade renames the control file before it links
put_back() { [ ! -e "$control.old" ] || mv "$control.old" "$control"; }
trap 'put_back; rm -rf "$work"' EXIT
put_back
new-data.sh "$new"
cd "$work"
# not the folder's own settings: a leader's have it wait for replicas
options='-c config_file=/etc/postgresql/postgresql.conf -c ssl=off'
echo "upgrading data of PostgreSQL $major"
if ! pg_upgrade --username postgres --link --jobs "$(nproc)" --socketdir "$work" --old-bindir "$binaries" --old-datadir "$older" \
  --old-options "$options" --new-datadir "$new" --new-options "$options"; then
  # lists of what stands in the way, and errors without statements
  find "$new/pg_upgrade_output.d" -name '*.txt' -exec head -n 50 {} + >&2
  grep -rhE --include='*.log' '(ERROR|FATAL): ' "$new/pg_upgrade_output.d" >&2
  exit 1
fi
rm "$control.old"
