#!/bin/bash
# Generates all secrets of one environment: a folder per Secret, a file per key.  generate.sh FOLDER NAMESPACE
# The certificate authority's key is not kept, so its certificates are always replaced together with it.
set -euo pipefail
umask 077
out=$1 namespace=${2:?usage: generate.sh FOLDER NAMESPACE}
# each has a role, and a Secret with its URL. The Secrets of services other than auth are for their own namespaces
databases=(auth)
mkdir -p "$out"/{postgres-credentials,postgres-tls,pgbackrest,maintenance-tls} "${databases[@]/#/$out/}"
authority=$(mktemp -d)
trap 'rm -rf "$authority"' EXIT

for role in "${databases[@]}" "${databases[@]/%/-alternate}" maintenance monitoring; do
  openssl rand -hex 32 | tr -d '\n' >"$out/postgres-credentials/$role"
done
for name in "${databases[@]}"; do
  [ "$name" = auth ] && host=postgres || host=postgres.$namespace
  printf %s "postgresql://$name:$(cat "$out/postgres-credentials/$name")@$host:5432/$name?sslmode=verify-full&sslrootcert=/etc/$name/secrets/ca.crt" >"$out/$name/database-url"
done
openssl rand -base64 32 | tr -d '\n' >"$out/auth/key-encryption-keys"
passphrase=$(openssl rand -base64 48)
# A repository keeps its passphrase for life, so a new passphrase gets a new folder.
printf '[global]\nrepo1-path=/var/lib/pgbackrest/%s\nrepo1-cipher-pass=%s\n' "$(date -u +%Y%m%dT%H%M%S)" "$passphrase" >"$out/pgbackrest/repository.conf"

quiet() { "$@" 2>"$authority/log" || { cat "$authority/log" >&2; exit 1; }; }
certificate() { # certificate NAME USAGE FOLDER [NAME...]
  local name=$1 usage=$2 folder=$3
  shift 3
  quiet openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj "/CN=$name" -keyout "$folder/tls.key" -out "$authority/tls.csr"
  quiet openssl x509 -req -in "$authority/tls.csr" -CA "$authority/ca.crt" -CAkey "$authority/ca.key" -days 825 -out "$folder/tls.crt" \
    -extfile <(printf 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=%s\nsubjectAltName=%s\n' "$usage" "$(printf 'DNS:%s,' "$name" "$@" | sed 's/,$//')")
}
quiet openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 3650 -subj "/CN=postgres authority" \
  -addext keyUsage=critical,keyCertSign,cRLSign -keyout "$authority/ca.key" -out "$authority/ca.crt"
# members of a cluster authenticate with it to each other and to their repository
certificate postgres serverAuth,clientAuth "$out/postgres-tls" "postgres.$namespace" postgres-repository
certificate maintenance clientAuth "$out/maintenance-tls"
for folder in "${databases[@]}" postgres-tls maintenance-tls; do cp "$authority/ca.crt" "$out/$folder/ca.crt"; done
