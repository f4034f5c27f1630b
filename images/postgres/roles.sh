#!/bin/bash
# Creates or updates the roles and databases of DATABASES, with the passwords of the credentials, and the maintenance tables.
#   roles.sh SOCKET_FOLDER
# psql reads the passwords itself, so that they appear in no command line.
set -euo pipefail
# the server and the sidecar of a new leader both do this
exec 9>/run/postgresql/roles.lock
flock --timeout 300 9
socket=$1
connections=${CONNECTIONS_PER_DATABASE:-90}
credentials.sh
IFS=, read -ra names <<<"$DATABASES"

# Neither a failed nor a slow statement is logged, because it may contain a password. A new leader's only replica may not follow yet, so
# commits don't wait for it: whatever is lost with this leader, the next one does again.
export PGOPTIONS='-c log_min_error_statement=panic -c log_min_duration_statement=-1 -c synchronous_commit=local'
sql() { psql --host "$socket" --username postgres --dbname postgres --quiet --no-psqlrc --output /dev/null --set ON_ERROR_STOP=1 --set connections="$connections" "$@"; }
# set_password ROLE DATABASE. A password that works stays: a new salt would end what PgBouncer keeps of it.
set_password() {
  local password
  password=$(cat "/etc/postgresql/credentials/$1")
  ! PGOPTIONS='' PGPASSWORD=$password psql --host "$socket" --username "$1" --dbname "$2" --no-psqlrc --no-password --command 'SELECT 1' &>/dev/null || return 0
  sql --set name="$1" <<'SQL'
\setenv NAME :name
\set password `cat "/etc/postgresql/credentials/$NAME"`
ALTER ROLE :"name" PASSWORD :'password';
SQL
}

for name in "${names[@]}"; do
  sql --set name="$name" <<'SQL'
SELECT format('CREATE ROLE %I', :'name') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'name') \gexec
ALTER ROLE :"name" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT :connections;
SELECT format('CREATE DATABASE %I OWNER %I', :'name', :'name') WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \gexec
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
  set_password "$name" "$name"
  # A second role that acts as the first: while one is in use, the other's password can be changed.
  [ -s "/etc/postgresql/credentials/$name-alternate" ] || continue
  sql --set owner="$name" --set name="$name-alternate" <<'SQL'
SELECT format('CREATE ROLE %I', :'name') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'name') \gexec
ALTER ROLE :"name" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT :connections;
SET client_min_messages = warning;
GRANT :"owner" TO :"name";
ALTER ROLE :"name" SET role = :'owner';
SQL
  set_password "$name-alternate" "$name"
done

sql <<'SQL'
SET client_min_messages = warning;
SELECT format('CREATE ROLE %I', name) FROM unnest(ARRAY['maintenance', 'monitoring']) name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
\set maintenance `cat /etc/postgresql/credentials/maintenance`
\set monitoring `cat /etc/postgresql/credentials/monitoring`
ALTER ROLE maintenance LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 5 PASSWORD :'maintenance';
ALTER ROLE monitoring LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 5 PASSWORD :'monitoring';
GRANT pg_monitor TO monitoring;
REVOKE ALL ON DATABASE postgres FROM PUBLIC;
GRANT CONNECT ON DATABASE postgres TO maintenance, monitoring;

CREATE SCHEMA IF NOT EXISTS maintenance;
CREATE TABLE IF NOT EXISTS maintenance.job_runs (
  job text NOT NULL,
  finished_at timestamptz NOT NULL DEFAULT now(),
  succeeded boolean NOT NULL,
  details jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (job, finished_at)
);
-- what the restore check looks for in a restored backup
CREATE TABLE IF NOT EXISTS maintenance.marks (mark uuid PRIMARY KEY, made_at timestamptz NOT NULL DEFAULT now());
GRANT USAGE ON SCHEMA maintenance TO maintenance, monitoring;
GRANT SELECT ON maintenance.job_runs TO monitoring;
GRANT SELECT, INSERT, DELETE ON maintenance.job_runs, maintenance.marks TO maintenance;
SQL

# PgBouncer has no password: it is another user of the pod. It learns the secrets of the roles that have a database.
sql <<'SQL'
SELECT 'CREATE ROLE pgbouncer' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'pgbouncer') \gexec
ALTER ROLE pgbouncer LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 3 PASSWORD NULL;
CREATE SCHEMA IF NOT EXISTS pgbouncer;
CREATE OR REPLACE FUNCTION pgbouncer.secret_of(text) RETURNS TABLE (name name, secret text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
    SELECT rolname, rolpassword FROM pg_authid
    WHERE rolname = $1 AND rolcanlogin AND NOT rolsuper
    AND EXISTS (SELECT FROM pg_database WHERE pg_has_role(pg_authid.oid, datdba, 'MEMBER'))
  $function$;
REVOKE ALL ON FUNCTION pgbouncer.secret_of FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pgbouncer.secret_of TO pgbouncer;
GRANT USAGE ON SCHEMA pgbouncer TO pgbouncer;
GRANT CONNECT ON DATABASE postgres TO pgbouncer;
SQL

# Members of a cluster authenticate to each other with their certificate. The functions are those that pg_rewind calls.
[ -z "${CLUSTER:-}" ] || sql <<'SQL'
SELECT 'CREATE ROLE replication' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'replication') \gexec
ALTER ROLE replication LOGIN REPLICATION NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
GRANT CONNECT ON DATABASE postgres TO replication;
GRANT EXECUTE ON FUNCTION pg_ls_dir(text, boolean, boolean), pg_stat_file(text, boolean), pg_read_binary_file(text),
  pg_read_binary_file(text, bigint, bigint, boolean) TO replication;
SQL
