#!/bin/bash
# Replaces one secret of an environment while it serves.
# For Secrets that are kept in the cluster. For sealed ones, docs/operations/rotation.md describes which values to seal, in the same order.
set -euo pipefail
umask 077
usage='usage: rotate.sh NAMESPACE password|tls|signing-keys|key-encryption-keys|old-key-encryption-keys|passphrase'
[ $# = 2 ] || { echo "$usage" >&2; exit 2; }
namespace=$1 what=$2
here=$(cd "$(dirname "$0")" && pwd)
plain=$(mktemp -d)
trap 'rm -rf "$plain"' EXIT

value() { kubectl get secret "$1" -n "$namespace" -o "jsonpath={.data.${2//./\\.}}" | base64 -d; }
# set_value SECRET KEY <VALUE: passes it in a file, so that it appears in no command line
set_value() {
  printf '{"data":{"%s":"%s"}}' "$2" "$(base64 -w0)" >"$plain/patch"
  kubectl patch secret "$1" -n "$namespace" --patch-file "$plain/patch" >/dev/null
}
restart() {
  kubectl rollout restart deployment/auth -n "$namespace" >/dev/null
  kubectl rollout status deployment/auth -n "$namespace" --timeout=300s >/dev/null
  echo "auth restarted: $1"
}
# A changed Secret reaches the pod within about a minute. The pod logs when it has loaded it.
loaded() {
  for _ in $(seq 100); do
    ! kubectl logs postgres-0 -c pgbackrest -n "$namespace" --since-time="$1" 2>/dev/null | grep -q reloaded || { echo "in effect: $2"; return; }
    sleep 2
  done
  echo "not in effect after 200 s: $2" >&2
  exit 1
}
now() { date -u +%Y-%m-%dT%H:%M:%SZ; }
cli() { kubectl exec deployment/auth -n "$namespace" -c auth -- node dist/apps/auth/src/cli.js "$@"; }

echo "$what of the namespace $namespace in the kube context $(kubectl config current-context)"
case $what in
password)
  url=$(value auth database-url)
  [[ $url == postgresql://auth:* ]] && old=auth new=auth-alternate || { old=auth-alternate new=auth; }
  password=$(openssl rand -hex 32)
  since=$(now)
  printf %s "$password" | set_value postgres-credentials "$new"
  loaded "$since" "the password of $new"
  printf %s "postgresql://$new:$password@${url#*@}" | set_value auth database-url
  restart "it logs in to the database as $new"
  since=$(now)
  openssl rand -hex 32 | tr -d '\n' | set_value postgres-credentials "$old"
  loaded "$since" "$old has a new random password"
  ;;
tls)
  "$here/components/generated-secrets/generate.sh" "$plain/new"
  old=$(value auth ca.crt)
  for secret in auth postgres-tls maintenance-tls; do printf '%s\n' "$old" | cat - "$plain/new/$secret/ca.crt" | set_value "$secret" ca.crt; done
  restart 'it trusts the old and the new authority'
  since=$(now)
  for secret in maintenance-tls postgres-tls; do
    printf '{"data":{"tls.crt":"%s","tls.key":"%s"}}' "$(base64 -w0 "$plain/new/$secret/tls.crt")" "$(base64 -w0 "$plain/new/$secret/tls.key")" >"$plain/patch"
    kubectl patch secret "$secret" -n "$namespace" --patch-file "$plain/patch" >/dev/null
  done
  loaded "$since" 'the new certificates'
  for secret in auth postgres-tls maintenance-tls; do set_value "$secret" ca.crt <"$plain/new/$secret/ca.crt"; done
  restart 'it trusts the new authority only'
  ;;
signing-keys)
  cli keys rotate
  ;;
key-encryption-keys)
  # two commands: of one with both, only the last failure ends the script, and no old key would be written
  old=$(value auth key-encryption-keys)
  new=$(openssl rand -base64 32)
  # every pod must be able to read what any other writes
  printf '%s,%s' "$old" "$new" | set_value auth key-encryption-keys
  restart 'it decrypts with the old and the new key'
  printf '%s,%s' "$new" "$old" | set_value auth key-encryption-keys
  restart 'it encrypts with the new key'
  cli keys reencrypt
  echo 'Remove the old key with old-key-encryption-keys when the refresh tokens that were made with it have expired.'
  ;;
old-key-encryption-keys)
  keys=$(value auth key-encryption-keys)
  printf %s "${keys%%,*}" | set_value auth key-encryption-keys
  restart 'it has the newest key only'
  ;;
passphrase)
  since=$(now)
  "$here/components/generated-secrets/generate.sh" "$plain/new"
  set_value pgbackrest repository.conf <"$plain/new/pgbackrest/repository.conf"
  loaded "$since" 'the new repository; a full backup follows'
  ;;
*)
  echo "$usage" >&2
  exit 2
  ;;
esac
