# Prometheus, Alertmanager and kube-state-metrics for tests and drills, in the versions of k8s/observability. Programs under the AGPL
# (Loki, Grafana), and Alloy, which links Loki, are not built: the drill pulls their images where it can.

bin/promtool bin/prometheus:
	tools/go-build.sh $@ github.com/prometheus/prometheus/cmd/$(@F) github.com/prometheus/prometheus@v0.305.0
bin/amtool bin/alertmanager:
	tools/go-build.sh $@ github.com/prometheus/alertmanager/cmd/$(@F) github.com/prometheus/alertmanager@v0.28.1
bin/kube-state-metrics:
	tools/go-build.sh $@ k8s.io/kube-state-metrics/v2 k8s.io/kube-state-metrics/v2@v2.15.0

bin/opentelemetry-collector: tests/cluster/stand-ins/opentelemetry-collector.yaml
	@CGO_ENABLED=0 go run go.opentelemetry.io/collector/cmd/builder@v0.160.0 --config $<
	@mkdir -p $(@D) && cp .cache/$(@F)/$(@F) $@
# the last release that is published as a module: 2.13 under its number of Jaeger 1
bin/jaeger:
	tools/go-build.sh $@ github.com/jaegertracing/jaeger/cmd/jaeger github.com/jaegertracing/jaeger@v1.76.0

.PHONY: test-rules
test-rules: bin/promtool node_modules/.package-lock.json ## Test the alert rules with promtool: quiet, firing, resolved
	@node tests/observability/rules.ts

generate-observability: node_modules/.package-lock.json ## Generate the dashboards and the operator's rules
	@node k8s/observability/generate.ts

# Stand-ins with the manifests' names and versions, for clusters that can't pull the images.
IMAGE_prometheus := prom/prometheus:v3.5.0
IMAGE_alertmanager := prom/alertmanager:v0.28.1
IMAGE_kube-state-metrics := kube-state-metrics/kube-state-metrics:v2.15.0
# a patch release newer than the image, whose digest is the last one that is known
IMAGE_oauth2-proxy := oauth2-proxy/oauth2-proxy:v7.15.6
IMAGE_opentelemetry-collector := otel/opentelemetry-collector:0.160.0
IMAGE_jaeger := jaegertracing/jaeger:2.13.0
IMAGE_traefik := traefik:v3.5.3
.cache/stand-in-%.env: bin/% tests/cluster/stand-ins/observability.Dockerfile
	@mkdir -p $(@D)
	@docker build --quiet --file tests/cluster/stand-ins/observability.Dockerfile --target $* --tag $(REGISTRY)/$(IMAGE_$*) bin
	@docker push --quiet $(REGISTRY)/$(IMAGE_$*)
	@echo "export $$(echo $* | tr a-z- A-Z_)_IMAGE=$$(docker image inspect --format '{{index .RepoDigests 0}}' $(REGISTRY)/$(IMAGE_$*))" >$@
.cache/stand-in-prometheus.env: bin/promtool
.cache/stand-in-alertmanager.env: bin/amtool
ALERTS_IMAGES := $(DRILL_IMAGES) $(patsubst %,.cache/stand-in-%.env,prometheus alertmanager kube-state-metrics)
SSO_IMAGES := $(DRILL_IMAGES) $(patsubst %,.cache/stand-in-%.env,prometheus alertmanager oauth2-proxy)
TRACES_IMAGES := $(DRILL_IMAGES) $(patsubst %,.cache/stand-in-%.env,opentelemetry-collector jaeger traefik)

.PHONY: generate-observability drill-alerts drill-sso drill-traces
drill-alerts: $(TOOLS) $(ALERTS_IMAGES) node_modules/.package-lock.json ## Cause five faults; each alert fires, is delivered and is resolved
	@for file in $(ALERTS_IMAGES); do . ./$$file; done && node tests/cluster/alerts.ts

# includes the server
bin/argocd:
	tools/go-build.sh $@ github.com/argoproj/argo-cd/v2/cmd github.com/argoproj/argo-cd/v2@v2.14.11

NEEDS_drill-sso := INGRESS_ADDRESS
drill-sso: $(TOOLS) $(call missing,argocd) $(SSO_IMAGES) node_modules/.package-lock.json ## Sign in to Prometheus, Alertmanager and Argo CD by the auth service; what ends it
	@for file in $(SSO_IMAGES); do . ./$$file; done && node tests/cluster/sso.ts

drill-traces: $(TOOLS) $(TRACES_IMAGES) node_modules/.package-lock.json ## Follow one trace from the gateway through auth to SQL; Jaeger and the collector are killed
	@for file in $(TRACES_IMAGES); do . ./$$file; done && node tests/cluster/traces.ts

.PHONY: observe
observe: ## Apply the observability stack to the current context, forward its ports and print the URLs
	@k8s/observability/observe.sh
