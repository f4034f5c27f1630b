#!/bin/bash
# Makes an environment's secrets anew and seals them for the cluster whose certificate is given:  seal.sh staging|prod CERTIFICATE [OVERLAY_FOLDER]
set -euo pipefail
environment=$1 certificate=$2
here=$(cd "$(dirname "$0")" && pwd)
overlay=${3:-$here/overlays/$environment}
plain=$(mktemp -d)
trap 'rm -rf "$plain"' EXIT
"$here/components/generated-secrets/generate.sh" "$plain"
[ "$certificate" -ef "$overlay/sealed-secrets/certificate.pem" ] || cp "$certificate" "$overlay/sealed-secrets/certificate.pem"
for folder in "$plain"/*/; do
  name=$(basename "$folder")
  kubectl create secret generic "$name" --namespace "devopslocally-$environment" --from-file "$folder" --dry-run=client --output yaml |
    kubeseal --cert "$certificate" --format yaml | "$here/sealed-for.sh" "$certificate" >"$overlay/sealed-secrets/$name.yaml"
done
