#!/bin/bash
# Reseals the sealed secrets of a folder for the newest key of the current context's controller.  reseal.sh FOLDER [CONTROLLER_NAMESPACE]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$1
controller=${2:-sealed-secrets}
kubeseal --fetch-cert --controller-name sealed-secrets --controller-namespace "$controller" >"$folder/certificate.pem.new"
mv "$folder/certificate.pem.new" "$folder/certificate.pem"
for file in "$folder"/*.yaml; do
  [ "$(basename "$file")" != kustomization.yaml ] || continue
  kubeseal --re-encrypt --controller-name sealed-secrets --controller-namespace "$controller" --format yaml <"$file" |
    "$here/sealed-for.sh" "$folder/certificate.pem" >"$file.new"
  mv "$file.new" "$file"
done
