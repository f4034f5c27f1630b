#!/bin/bash
# Archives what the old leader was lost with. A replica marks each segment that it receives as archived, whether or not the leader has
# archived it. This marks those that a repository lacks as ready, and no others: archiving stops for good at a segment that is in a
# repository with another checksum. Fails if a repository can't be read.   archive-missing.sh TIMELINE_OF_THE_NEW_LEADER
set -euo pipefail
shopt -s inherit_errexit
timeout --signal=KILL 2 pgbackrest server-ping "$CLUSTER-repository" --log-level-console=off
marks=$PGDATA/pg_wal/archive_status
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# segments and histories of earlier timelines
find "$marks" -name '*.done' -printf '%f\n' | sed 's/\.done$//' |
  { grep -xE '[0-9A-F]{24}|[0-9A-F]{8}\.history' || true; } | awk -v timeline="$1" 'substr($0, 1, 8) < timeline' | sort >"$work/marked"
info=$(timeout --signal=KILL 60 pgbackrest info --output=json)
jq -e '.[0].repo | all(.status.code | IN(0, 2))' <<<"$info" >/dev/null || { echo 'a backup repository can not be read' >&2; exit 1; }
for repository in $(jq '.[0].repo[].key' <<<"$info"); do
  archive=archive/$PGBACKREST_STANZA/$(jq -r --argjson repository "$repository" \
    '[.[0].archive[] | select(.database["repo-key"] == $repository)] | max_by(.database.id).id' <<<"$info")
  list() { timeout --signal=KILL 60 pgbackrest repo-ls --repo="$repository" "$@"; }
  {
    list --filter='\.history$' "$archive"
    for directory in $(grep -xE '[0-9A-F]{24}' "$work/marked" | cut -c 1-16 | sort -u); do
      list --filter='^[0-9A-F]{24}-' "$archive/$directory" | cut -c 1-24
    done
  } | sort -u >"$work/archived"
  comm -23 "$work/marked" "$work/archived"
done | sort -u >"$work/missing"

while read -r name; do
  [ ! -e "$PGDATA/pg_wal/$name" ] || mv "$marks/$name.done" "$marks/$name.ready"
done <"$work/missing"
[ ! -s "$work/missing" ] || echo "to be archived, because the old leader did not: $(tr '\n' ' ' <"$work/missing")"
