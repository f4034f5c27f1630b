#!/bin/bash
# Backs up to each repository in turn and records the run in maintenance.job_runs.  backup.sh [full|diff [REPOSITORY...]]
# Without an argument, it makes a full backup if a repository's last one is nearly a week old. PGHOST etc. are the database's.
set -euo pipefail
repositories=$(sed -nE 's/^repo([0-9])-path=.*/\1/p' /etc/pgbackrest/conf.d/*.conf | sort -u)
[ -n "$repositories" ] || { echo 'there is no repository here: a cluster has it in the pod postgres-repository-0' >&2; exit 78; }
recent=$(pgbackrest info --output=json | jq --argjson since $(($(date +%s) - 6 * 86400 - 43200)) '
  .[0] | [.repo[].key] - [.backup[] | select(.type == "full" and .timestamp.stop > $since) | .database["repo-key"]] == []')
type=${1:-$([ "$recent" = true ] && echo diff || echo full)}
[ $# -lt 2 ] || repositories=${*:2}
failed=() done=()
for repository in $repositories; do
  started=$SECONDS
  # only if there is no stanza yet: creating one waits until archiving is idle
  code=$(pgbackrest info --repo="$repository" --output=json | jq '.[0].status.code')
  if { [[ $code == [02] ]] || pgbackrest stanza-create; } && pgbackrest backup --type="$type" --repo="$repository"; then
    size=$(pgbackrest info --repo="$repository" --output=json | jq '.[0].backup[-1].info.repository.delta')
    done+=("{\"repository\": $repository, \"seconds\": $((SECONDS - started)), \"bytes\": $size}")
  else
    failed+=("$repository")
  fi
done
record.sh "backup-$type" "$([ ${#failed[@]} -eq 0 ] && echo true || echo false)" \
  "$(IFS=,; printf '{"done": [%s], "failed": [%s]}' "${done[*]}" "${failed[*]}")"
[ ${#failed[@]} -eq 0 ]
