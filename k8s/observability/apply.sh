#!/usr/bin/env bash
# Applies the whole stack to the current kube context. Secrets are generated once, in the cluster.
set -euo pipefail
folder=$(dirname "${BASH_SOURCE[0]}")
secret() { # NAME KEY VALUE
  kubectl --namespace monitoring get secret "$1" >/dev/null 2>&1 ||
    printf %s "$3" | kubectl --namespace monitoring create secret generic "$1" --from-file="$2=/dev/stdin"
}
kubectl apply --server-side --filename "$folder/namespace.yaml"
password=$(openssl rand -hex 16)
secret grafana password "$password"
# no receiver: Alertmanager's page shows the firing alerts
secret alertmanager webhook-url http://127.0.0.1:9/
kubectl apply --server-side --kustomize "$folder"
for workload in statefulset/prometheus statefulset/alertmanager statefulset/loki deployment/kube-state-metrics deployment/alloy deployment/grafana; do
  kubectl --namespace monitoring rollout status "$workload" --timeout=300s
done
