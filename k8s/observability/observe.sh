#!/usr/bin/env bash
# The whole stack on the current kube context, its ports on this machine until Ctrl-C. Secrets are made once, in the cluster.
set -euo pipefail
folder=$(dirname "${BASH_SOURCE[0]}")
secret() { # NAME KEY VALUE
  kubectl --namespace monitoring get secret "$1" >/dev/null 2>&1 ||
    printf %s "$3" | kubectl --namespace monitoring create secret generic "$1" --from-file="$2=/dev/stdin"
}
kubectl apply --server-side --filename "$folder/namespace.yaml"
secret grafana password "$(openssl rand -hex 16)"
# nobody is told from a laptop: Alertmanager's page shows what fires
secret alertmanager webhook-url http://127.0.0.1:9/
kustomize build "$folder" | kubectl apply --server-side --filename -
for workload in statefulset/prometheus statefulset/alertmanager statefulset/loki deployment/kube-state-metrics deployment/alloy deployment/grafana; do
  kubectl --namespace monitoring rollout status "$workload" --timeout=300s
done
trap 'kill $(jobs -p) 2>/dev/null' EXIT
for forward in 'statefulset/prometheus 9090' 'statefulset/alertmanager 9093' 'statefulset/loki 3100' 'deployment/grafana 3001:3000'; do
  read -r target ports <<<"$forward"
  kubectl --namespace monitoring port-forward "$target" "$ports" >/dev/null &
done
cat <<END

Grafana       http://localhost:3001  admin, $(kubectl --namespace monitoring get secret grafana --output 'go-template={{.data.password | base64decode}}')
Prometheus    http://localhost:9090
Alertmanager  http://localhost:9093
Loki          http://localhost:3100/ready
END
wait
