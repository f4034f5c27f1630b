#!/bin/bash
# Reseals an overlay's sealed secrets for the newest key of the controller in the current kube context. Changes all files or none.
#   reseal.sh FOLDER
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:?usage: reseal.sh FOLDER}
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT
# kubeseal's default name is that of the controller which k8s/argocd installs
kubeseal --fetch-cert --controller-namespace sealed-secrets >"$new/certificate.pem"
for file in "$folder"/*.yaml; do
  [ "$(basename "$file")" != kustomization.yaml ] || continue
  kubeseal --re-encrypt --controller-namespace sealed-secrets --format yaml <"$file" |
    "$here/sealed-for.sh" "$new/certificate.pem" >"$new/$(basename "$file")"
done
cp "$new"/* "$folder"
