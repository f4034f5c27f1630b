#!/bin/bash
# Fails if the volume has data of another major version, and UPGRADE_FROM does not name it: an image of a new major version must not
# begin with an empty database, or with a backup that it can't read.
set -euo pipefail
for version in "$(dirname "$PGDATA")"/*/PG_VERSION; do
  [ -s "$version" ] || continue
  major=$(cat "$version")
  [ "$(dirname "$version")" = "$(dirname "$PGDATA")/$major" ] && [ "$major" != "${UPGRADE_FROM:-}" ] || continue
  echo "The volume has data of PostgreSQL $major, and this image runs ${PGDATA##*/}. Nothing is changed." \
    "docs/operations/database-upgrade.md says how to upgrade. Otherwise, go back to the image before." >&2
  exit 78
done
