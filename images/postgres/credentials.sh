#!/bin/bash
# Refuses DATABASES that PostgreSQL can't serve: one whose role has no password, or more connections than it accepts.
# Without this, the role would exist without a password and nobody could log in as it.
set -euo pipefail
credentials=/etc/postgresql/credentials
connections=${CONNECTIONS_PER_DATABASE:-90}
IFS=, read -ra names <<<"${DATABASES:?a comma-separated list of databases, each with the password of its role under $credentials}"

missing=()
for name in "${names[@]}" maintenance monitoring; do
  [ -s "$credentials/$name" ] || missing+=("$name")
done
if [ ${#missing[@]} -gt 0 ]; then
  echo "no password for ${missing[*]}: each database of DATABASES, and maintenance and monitoring, needs its role's password" \
    "in $credentials, which is the Secret postgres-credentials, under its name" >&2
  exit 78
fi

maximum=$(sed -n 's/^max_connections = //p' /etc/postgresql/postgresql.conf)
# 5 of maintenance, 5 of monitoring, 3 of the superuser
available=$((maximum - 13))
if [ $((${#names[@]} * connections)) -gt "$available" ]; then
  echo "${#names[@]} databases with $connections connections each need more than the $available that PostgreSQL has:" \
    "set CONNECTIONS_PER_DATABASE to $((available / ${#names[@]})) or less, and the services' pools below it" >&2
  exit 78
fi
