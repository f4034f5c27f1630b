# Prometheus, Alertmanager and kube-state-metrics for tests and drills, in the versions of k8s/observability. Programs under the AGPL
# (Loki, Grafana), and Alloy, which links Loki, are not built: the drill pulls their images where it can.
OBSERVABILITY_TOOLS := bin/promtool bin/prometheus bin/amtool bin/alertmanager bin/kube-state-metrics

bin/promtool bin/prometheus:
	tools/go-build.sh $@ github.com/prometheus/prometheus/cmd/$(@F) github.com/prometheus/prometheus@v0.305.0
bin/amtool bin/alertmanager:
	tools/go-build.sh $@ github.com/prometheus/alertmanager/cmd/$(@F) github.com/prometheus/alertmanager@v0.28.1
bin/kube-state-metrics:
	tools/go-build.sh $@ k8s.io/kube-state-metrics/v2 k8s.io/kube-state-metrics/v2@v2.15.0

.PHONY: test-rules
test-rules: bin/promtool node_modules/.package-lock.json ## Test the alert rules with promtool: quiet, firing, resolved
	@node tests/observability/rules.ts

generate-observability: node_modules/.package-lock.json ## Generate the dashboards and the operator's rules
	@node k8s/observability/generate.ts

# Stand-ins with the manifests' names and versions, for clusters that can't pull the images.
OBSERVABILITY_IMAGES := .cache/observability-images.env
define build_observability_images
set -euo pipefail
mkdir -p .cache
: >$(OBSERVABILITY_IMAGES).new
stand_in() { # VARIABLE TARGET NAME:TAG
  docker build --quiet --file tests/cluster/stand-ins/observability.Dockerfile --target $$2 --tag $(REGISTRY)/$$3 bin
  docker push --quiet $(REGISTRY)/$$3
  echo "export $$1=$$(docker image inspect --format '{{index .RepoDigests 0}}' $(REGISTRY)/$$3)" >>$(OBSERVABILITY_IMAGES).new
}
stand_in PROMETHEUS_IMAGE prometheus prom/prometheus:v3.5.0
stand_in ALERTMANAGER_IMAGE alertmanager prom/alertmanager:v0.28.1
stand_in KUBE_STATE_METRICS_IMAGE kube-state-metrics kube-state-metrics/kube-state-metrics:v2.15.0
mv $(OBSERVABILITY_IMAGES).new $(OBSERVABILITY_IMAGES)
endef
export build_observability_images

$(OBSERVABILITY_IMAGES): $(OBSERVABILITY_TOOLS) tests/cluster/stand-ins/observability.Dockerfile
	@bash -c "$$build_observability_images"

.PHONY: generate-observability drill-alerts
drill-alerts: $(TOOLS) $(DRILL_IMAGES) $(OBSERVABILITY_IMAGES) node_modules/.package-lock.json ## Cause five faults; each alert fires, is delivered and is resolved
	@. ./$(DRILL_IMAGES) && . ./$(OBSERVABILITY_IMAGES) && node tests/cluster/alerts.ts

.PHONY: observe
observe: ## Apply the observability stack to the current context, forward its ports and print the URLs
	@k8s/observability/observe.sh
