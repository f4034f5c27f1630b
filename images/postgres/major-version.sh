#!/bin/bash
# Checks that the volume's data are of this image's major version, or of UPGRADE_FROM: an image of another version must not begin with an
# empty database, or with a backup that it can't read.
set -euo pipefail
if [ -s "$PGDATA/PG_VERSION" ]; then
  # An upgrade of these data was interrupted. No server has run on the links to them.
  [ ! -e "$PGDATA/global/pg_control.old" ] || mv "$PGDATA/global/pg_control.old" "$PGDATA/global/pg_control"
  exit
fi
volume=$(dirname "$PGDATA")
for version in "$volume"/*/PG_VERSION; do
  [ -s "$version" ] || continue
  major=$(cat "$version")
  [ "$version" = "$volume/$major/PG_VERSION" ] && [ "$major" != "${UPGRADE_FROM:-}" ] || continue
  echo "The volume has data of PostgreSQL $major, and this image runs ${PGDATA##*/}. Nothing is changed." \
    "docs/operations/database-upgrade.md says how to upgrade. Otherwise, go back to the image before." >&2
  exit 78
done
