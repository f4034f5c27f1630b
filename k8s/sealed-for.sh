#!/bin/bash
# Annotates a sealed secret with the certificate it is sealed for, so that `make verify` detects one of another cluster.
#   sealed-for.sh CERTIFICATE <SEALED >ANNOTATED
set -euo pipefail
fingerprint=$(openssl x509 -in "$1" -outform DER | sha256sum | cut -d ' ' -f 1)
kubectl annotate --local --overwrite --filename - "devopslocally/sealed-for=$fingerprint" --output yaml
