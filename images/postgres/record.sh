#!/bin/bash
# Records the run of a job and deletes records older than 90 days.  record.sh JOB true|false DETAILS
set -euo pipefail
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --set job="$1" --set succeeded="$2" --set details="$3" <<'SQL'
INSERT INTO maintenance.job_runs (job, succeeded, details) VALUES (:'job', :'succeeded', :'details');
DELETE FROM maintenance.job_runs WHERE finished_at < now() - interval '90 days';
SQL
echo "$1: succeeded $2, $3"
