#!/bin/bash
# Replaces one value of one sealed secret of an environment. Needs the committed certificate only.
#   seal-value.sh staging|prod|monitoring SECRET KEY <VALUE
set -euo pipefail
usage='usage: seal-value.sh staging|prod|monitoring SECRET KEY <VALUE'
environment=${1:?$usage} secret=${2:?$usage} key=${3:?$usage}
here=$(cd "$(dirname "$0")" && pwd)
folder=$here/overlays/$environment/sealed-secrets
[ "$environment" = monitoring ] && namespace=monitoring || namespace=devopslocally-$environment
# the Secret of a service with a database of its own
if [ -d "$here/services/$secret" ]; then
  folder=$here/services/$secret/overlays/$environment/sealed-secrets namespace=devopslocally-$secret-$environment
fi
# kubeseal would add a new key for a mistyped one
grep -qs "^    $key: " "$folder/$secret.yaml" || { echo "$folder/$secret.yaml has no value $key" >&2; exit 65; }
value=$(mktemp)
trap 'rm -f "$value"' EXIT
cat >"$value"
[ -s "$value" ] || { echo "the value on standard input is empty" >&2; exit 65; }
kubectl create secret generic "$secret" --namespace "$namespace" --from-file "$key=$value" --dry-run=client --output yaml |
  kubeseal --cert "$folder/certificate.pem" --format yaml --merge-into "$folder/$secret.yaml"
