#!/bin/bash
# Makes all secrets of one environment under the folder given: a folder per Secret, a file per key.
# The certificate authority's key is not kept: its certificates are replaced together with it.
set -euo pipefail
umask 077
out=$1
mkdir -p "$out"/{auth,postgres-credentials,postgres-tls}
authority=$(mktemp -d)
trap 'rm -rf "$authority"' EXIT

password=$(openssl rand -hex 32)
printf %s "$password" >"$out/postgres-credentials/auth"
printf %s "postgresql://auth:$password@postgres:5432/auth?sslmode=verify-full&sslrootcert=/etc/auth/secrets/ca.crt" >"$out/auth/database-url"
openssl rand -base64 32 | tr -d '\n' >"$out/auth/key-encryption-keys"

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 3650 -subj "/CN=postgres authority" \
  -addext keyUsage=critical,keyCertSign,cRLSign -keyout "$authority/ca.key" -out "$out/auth/ca.crt" 2>"$authority/log" || { cat "$authority/log" >&2; exit 1; }
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj /CN=postgres \
  -keyout "$out/postgres-tls/tls.key" -out "$authority/tls.csr" 2>"$authority/log" || { cat "$authority/log" >&2; exit 1; }
openssl x509 -req -in "$authority/tls.csr" -CA "$out/auth/ca.crt" -CAkey "$authority/ca.key" -days 825 \
  -extfile <(printf 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\nsubjectAltName=DNS:postgres\n') \
  -out "$out/postgres-tls/tls.crt" 2>"$authority/log" || { cat "$authority/log" >&2; exit 1; }
