#!/bin/bash
# Marks a sealed secret with the certificate that it is sealed for, so that `make verify` tells it from one of another cluster:
#   sealed-for.sh CERTIFICATE <SEALED >MARKED
set -euo pipefail
fingerprint=$(openssl x509 -in "$1" -outform DER | sha256sum | cut -d ' ' -f 1)
kubectl annotate --local --overwrite --filename - "devopslocally/sealed-for=$fingerprint" --output yaml
