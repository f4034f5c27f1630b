#!/bin/bash
# Seals a folder of plain secrets, SECRET/KEY, for a namespace of the cluster with the given certificate.
#   seal-folder.sh PLAIN NAMESPACE CERTIFICATE SEALED
set -euo pipefail
plain=$1 namespace=$2 certificate=$3 sealed=$4
for folder in "$plain"/*/; do
  name=$(basename "$folder")
  kubectl create secret generic "$name" --namespace "$namespace" --from-file "$folder" --dry-run=client --output yaml |
    kubeseal --cert "$certificate" --format yaml | "$(dirname "$0")/sealed-for.sh" "$certificate" >"$sealed/$name.yaml"
done
