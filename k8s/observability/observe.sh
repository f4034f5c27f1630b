#!/usr/bin/env bash
# Applies the whole stack to the current kube context and forwards its ports to this machine until Ctrl-C.
set -euo pipefail
"$(dirname "${BASH_SOURCE[0]}")/apply.sh"
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
