#!/bin/bash
# Generates ALL secrets of an environment and seals them for the cluster with the given certificate. For the first deployment: refused
# if the overlay has sealed secrets already, unless LOSE names what the old ones protect. seal-value.sh replaces a single value.
#   seal.sh staging|prod|monitoring CERTIFICATE    WEBHOOK_URL: monitoring's alert receiver
set -euo pipefail
environment=${1:?usage: seal.sh staging|prod|monitoring CERTIFICATE} certificate=${2:?usage: seal.sh $environment CERTIFICATE}
here=$(cd "$(dirname "$0")" && pwd)
overlay=$here/overlays/$environment
if [ "$environment" = monitoring ]; then
  lost=grafana-password what='- the password of Grafana'
else
  lost=data-and-backups what="- what is encrypted with KEY_ENCRYPTION_KEYS: signing keys, authenticator secrets, sessions, waiting e-mails
- the backups made so far: they can only be read with the old passphrase
- service, until the database and every pod have restarted with the new passwords and certificates"
fi
# The repository's own sealed secrets are placeholders that no cluster can decrypt.
subject=$(openssl x509 -in "$overlay/sealed-secrets/certificate.pem" -noout -subject -nameopt RFC2253)
if [ "$subject" != subject=CN=placeholder ] && [ "${LOSE:-}" != "$lost" ]; then
  cat >&2 <<END
refused: $environment has sealed secrets already, and new ones would lose
$what
To replace one value, run: make seal-value ENVIRONMENT=$environment SECRET=… KEY=… <FILE
To lose this, run the same command with LOSE=$lost.
END
  exit 65
fi

plain=$(mktemp -d)
sealed=$(mktemp -d)
trap 'rm -rf "$plain" "$sealed"' EXIT
if [ "$environment" = monitoring ]; then
  namespace=monitoring
  mkdir "$plain"/{alertmanager,grafana}
  printf %s "${WEBHOOK_URL:?}" >"$plain/alertmanager/webhook-url"
  openssl rand -hex 16 | tr -d '\n' >"$plain/grafana/password"
else
  namespace=devopslocally-$environment
  "$here/components/generated-secrets/generate.sh" "$plain" "$namespace"
fi
# those of services with a database of their own are for their own namespaces
services=()
for service in "$here"/services/*/; do
  name=$(basename "$service")
  [ -d "$plain/$name" ] || continue
  services+=("$name")
  mkdir -p "$plain/.services/$name" "$sealed/.services/$name"
  mv "$plain/$name" "$plain/.services/$name"
  "$here/seal-folder.sh" "$plain/.services/$name" "devopslocally-$name-$environment" "$certificate" "$sealed/.services/$name"
  cp "$certificate" "$sealed/.services/$name/certificate.pem"
done
"$here/seal-folder.sh" "$plain" "$namespace" "$certificate" "$sealed"
# all files or none
[ "$certificate" -ef "$overlay/sealed-secrets/certificate.pem" ] || cp "$certificate" "$sealed/certificate.pem"
cp "$sealed"/* "$overlay/sealed-secrets"
for name in "${services[@]}"; do
  folder=$here/services/$name/overlays/$environment/sealed-secrets
  mkdir -p "$folder"
  cp "$sealed/.services/$name"/* "$folder"
done
