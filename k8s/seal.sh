#!/bin/bash
# Generates ALL secrets of an environment and seals them for the cluster with the given certificate.
#   seal.sh staging|prod|monitoring CERTIFICATE [OVERLAY_FOLDER]
# WEBHOOK_URL: monitoring's alert receiver. For the first deployment only: what was encrypted with the previous keys can't be decrypted
# with the new ones. To replace a single value, see docs/operations/rotation.md.
set -euo pipefail
environment=$1 certificate=$2
here=$(cd "$(dirname "$0")" && pwd)
overlay=${3:-$here/overlays/$environment}
plain=$(mktemp -d)
trap 'rm -rf "$plain"' EXIT
if [ "$environment" = monitoring ]; then
  namespace=monitoring
  mkdir "$plain"/{alertmanager,grafana}
  printf %s "${WEBHOOK_URL:?}" >"$plain/alertmanager/webhook-url"
  openssl rand -hex 16 | tr -d '\n' >"$plain/grafana/password"
else
  namespace=devopslocally-$environment
  "$here/components/generated-secrets/generate.sh" "$plain"
fi
[ "$certificate" -ef "$overlay/sealed-secrets/certificate.pem" ] || cp "$certificate" "$overlay/sealed-secrets/certificate.pem"
for folder in "$plain"/*/; do
  name=$(basename "$folder")
  kubectl create secret generic "$name" --namespace "$namespace" --from-file "$folder" --dry-run=client --output yaml |
    kubeseal --cert "$certificate" --format yaml | "$here/sealed-for.sh" "$certificate" >"$overlay/sealed-secrets/$name.yaml"
done
