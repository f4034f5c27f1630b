#!/bin/bash
# Runs PgBouncer beside the server, and reloads a changed certificate.
set -euo pipefail
certificate() { sha256sum /etc/postgresql/tls/tls.crt; }

loaded=$(certificate)
pgbouncer /etc/pgbouncer/pgbouncer.ini &
pooler=$!
# waits for transactions, but not for clients to disconnect
trap 'kill -INT "$pooler" 2>/dev/null' TERM INT
while kill -0 "$pooler" 2>/dev/null; do
  # in the background, so that signals are handled at once
  sleep 5 & wait -n "$!" "$pooler" || true
  now=$(certificate)
  [ "$now" = "$loaded" ] || { kill -HUP "$pooler" && loaded=$now; }
done
wait "$pooler"
