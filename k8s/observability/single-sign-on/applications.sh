#!/bin/bash
# Generates the secrets of single sign-on into a folder, a file for each value, as FOLDER/SECRET/KEY, and prints the applications to
# declare to the auth service. The URLs are those of config.env and of k8s/argocd/single-sign-on.   applications.sh FOLDER
set -euo pipefail
folder=${1:?usage: applications.sh FOLDER}
here=$(cd "$(dirname "$0")" && pwd)
source "$here/config.env"
ARGOCD_URL=$(sed -n 's/^  url: //p' "$here/../../argocd/single-sign-on/argocd-config-map.yaml")

umask 077
mkdir -p "$folder"/{oauth2-proxy,grafana-sign-on}
for secret in oauth2-proxy grafana-sign-on; do
  openssl rand -hex 32 | tr -d '\n' >"$folder/$secret/client-secret"
done
# 32 bytes, as oauth2-proxy reads them
openssl rand -base64 32 | tr -- '+/' '-_' | tr -d '\n' >"$folder/oauth2-proxy/cookie-secret"
hash_of() { sha256sum <"$folder/$1/client-secret" | cut -d ' ' -f 1; }

cat <<END
  - client_id: monitoring
    name: Prometheus and Alertmanager
    kind: web
    first_party: true
    redirect_uris: [$PROMETHEUS_URL/oauth2/callback, $ALERTMANAGER_URL/oauth2/callback]
    post_logout_redirect_uris: [$PROMETHEUS_URL/, $ALERTMANAGER_URL/]
    secret_hashes: [$(hash_of oauth2-proxy)]
  - client_id: grafana
    name: Grafana
    kind: web
    first_party: true
    redirect_uris: [$GRAFANA_URL/login/generic_oauth]
    post_logout_redirect_uris: [$GRAFANA_URL/login]
    secret_hashes: [$(hash_of grafana-sign-on)]
  # Argo CD's pages and its command line keep no secret: the browser, or the command, exchanges the code.
  - client_id: argocd
    name: Argo CD
    kind: single_page
    first_party: true
    redirect_uris: [$ARGOCD_URL/pkce/verify]
    post_logout_redirect_uris: [$ARGOCD_URL/]
    origins: [$ARGOCD_URL]
  - client_id: argocd-cli
    name: Argo CD on the command line
    kind: native
    first_party: true
    redirect_uris: [http://localhost:8085/auth/callback]
END
