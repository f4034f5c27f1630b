#!/bin/bash
# Generates the secrets of single sign-on, seals them with the certificate of the monitoring overlay, and prints the applications to
# declare. The old secrets stop working when their hashes are no longer declared.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$here/overlays/monitoring/sealed-secrets
plain=$(mktemp -d)
sealed=$(mktemp -d)
trap 'rm -rf "$plain" "$sealed"' EXIT
applications=$("$here/observability/single-sign-on/applications.sh" "$plain")
"$here/seal-folder.sh" "$plain" monitoring "$folder/certificate.pem" "$sealed"
# all files or none
cp "$sealed"/* "$folder"
echo "$applications"
