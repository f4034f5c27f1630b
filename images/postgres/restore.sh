#!/bin/bash
# Restores a backup into a folder, and has the server replay the archive to RESTORE_TARGET_TIME or to its end.  restore.sh FOLDER
# Each restore begins a new timeline of WAL, so a moment belongs to the timeline that served then: the newest one whose first
# transaction was committed by then. By default, PostgreSQL follows the newest timeline, which lacks what was written between an
# earlier target and its restore, and pgBackRest takes the newest backup, even if that timeline does not contain it.
set -euo pipefail
# a repository that does not answer must not look like an empty one
shopt -s inherit_errexit
export TZ=UTC
folder=$1 target=${RESTORE_TARGET_TIME:-}
moment=${target:+$(date --date "$target" +%s%6N)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
info=$(pgbackrest info --output=json)
# the server's major version: it can't read backups of another one
major=$(postgres --version | sed -E 's/^[^0-9]*([0-9]+).*/\1/')

# served_since TIMELINE SWITCH_LSN: when the timeline's first transaction was committed, in microseconds; nothing if none is archived,
# and 0 if its first segment has expired: it then served before the oldest backup
served_since() {
  local directory=$1 directories files file first segment committed start=$2
  directories=$(pgbackrest repo-ls --repo="$repository" --filter="^$1[0-9A-F]{8}$" "$archive")
  [ -n "$directories" ] || return 0
  directory+=$(printf %08X "0x${2%/*}")
  first=$directory$(printf %08X $((16#${2#*/} >> 24)))
  files=$(pgbackrest repo-ls --repo="$repository" --filter="^$directory[0-9A-F]{8}-[0-9a-f]{40}\.zst$" "$archive/$directory")
  [[ "$files" = "$first"* ]] || { echo 0; return; }
  for file in $files; do
    segment=${file%%-*}
    pgbackrest repo-get --repo="$repository" "$archive/$directory/$file" | zstd --decompress --quiet >"$work/$segment"
    # it ends with an error at the end of the segment
    committed=$({ pg_waldump --path "$work" --timeline $((16#$1)) --rmgr Transaction ${start:+--start "$start"} "$segment" 2>/dev/null || true; } |
      sed -nE '/COMMIT/{s/.*desc: COMMIT ([^;]*).*/\1/p;q}')
    rm "$work/$segment"
    [ -z "$committed" ] || { date --date "$committed" +%s%6N; return; }
    start=
  done
}

# The database's ids in the repository, the latest first. Each change of the major version begins another one. Without a target, only
# the last one: an older image must not bring back what there was before the upgrade, unasked.
databases() {
  jq --argjson repository "$repository" --arg major "$major" --arg target "$target" '
    [.[0].db[] | select(.["repo-key"] == $repository)] | sort_by(-.id) | if $target == "" then .[:1] else . end
    | .[] | select(.version == $major).id' <<<"$info"
}

# choose: sets the timeline to follow, and the latest backup of a database in the repository that it contains
choose() {
  local histories file since forks={}
  backup=''
  timeline=$(jq -r --argjson repository "$repository" --argjson database "$database" \
    'first(.[0].backup[] | select(.database == {id: $database, "repo-key": $repository})).archive.start[:8]' <<<"$info")
  [ -n "$timeline" ] || return 0
  archive=archive/$PGBACKREST_STANZA/$(jq -r --argjson database "$database" --argjson repository "$repository" 'first(.[0].archive[] | select(.database == {id: $database, "repo-key": $repository})).id' <<<"$info")
  histories=$(pgbackrest repo-ls --repo="$repository" --filter='\.history$' --sort=desc "$archive")
  for file in $histories; do
    # lines of ancestors: timeline, LSN at which the next one forked off, reason
    pgbackrest repo-get --repo="$repository" "$archive/$file" | grep '^[0-9]' >"$work/history"
    since=${moment:+$(served_since "${file%.history}" "$(tail -n 1 "$work/history" | cut -f 2)")}
    if [ -z "$moment" ] || { [ -n "$since" ] && [ "$since" -le "$moment" ]; }; then
      timeline=${file%.history}
      forks=$(jq -Rn '[inputs | split("\t") | {key: .[0], value: .[1]}] | from_entries' "$work/history")
      break
    fi
    timeline=$(printf %08X "$(tail -n 1 "$work/history" | cut -f 1)")
  done
  timeline=$((16#$timeline))
  backup=$(jq -r --argjson repository "$repository" --argjson database "$database" --argjson forks "$forks" --arg timeline "$timeline" \
    --argjson before "$((${moment:-9999999999000000} / 1000000))" '
    def hex: explode | map(if . < 58 then . - 48 else . % 32 + 9 end) | reduce .[] as $digit (0; . * 16 + $digit);
    def lsn: split("/") | map(hex);
    [.[0].backup[]
      | select(.database == {id: $database, "repo-key": $repository} and .timestamp.stop < $before)
      | (.archive.stop[:8] | hex | tostring) as $on
      | select($on == $timeline or ($forks[$on] != null and (.lsn.stop | lsn) <= ($forks[$on] | lsn)))]
    | max_by(.timestamp.stop).label // empty' <<<"$info")
}

for repository in $(jq '[.[0].backup[].database["repo-key"]] | unique[]' <<<"$info"); do
  for database in $(databases); do
    choose
    [ -n "$backup" ] || continue
    echo "restoring ${target:-the end of the archive} on timeline $timeline, from backup $backup in repository $repository"
    at=(--type=default)
    [ -z "$target" ] || at=(--type=time "--target=$target" --target-action=promote)
    pgbackrest restore --delta --pg1-path="$folder" --repo="$repository" --set="$backup" --target-timeline="$timeline" "${at[@]}" \
      --recovery-option='restore_command=pgbackrest archive-get %f "%p"'
    exit
  done
done
cat >&2 <<END
No backup reaches ${target:-the end of the archive}${timeline:+: timeline $timeline served then, and contains none that was complete before it}.
Choose a moment after one of these backups, on the same timeline. This image restores those of PostgreSQL $major:
$(jq -r '.[0] | .db as $databases | .backup[] | .database as $of
  | ($databases[] | select(.id == $of.id and .["repo-key"] == $of["repo-key"]).version) as $major
  | "\(.timestamp.stop | todate)  PostgreSQL \($major)  timeline \(.archive.stop[:8])  \(.label)"' <<<"$info")
END
exit 1
