# Kubernetes. Everything here uses the current kube context, and REGISTRY, which the cluster must be able to pull from.
REGISTRY ?= localhost:5000
export SKAFFOLD_DEFAULT_REPO ?= $(REGISTRY)
TOOLS := bin/kustomize bin/kube-score bin/kubeseal bin/kubernetes-validate
GO_TOOLS := bin/kustomize bin/kube-score bin/kubeseal bin/controller bin/versitygw
# not IMAGES, which is `make deploy`'s argument
DRILL_IMAGES := .cache/images.env
export PATH := $(CURDIR)/bin:$(CURDIR)/node_modules/.bin:$(PATH)

bin/kustomize: VERSION = sigs.k8s.io/kustomize/kustomize/v5@v5.7.1
bin/kube-score: VERSION = github.com/zegl/kube-score/cmd/kube-score@v1.20.0
bin/kubeseal: VERSION = github.com/bitnami-labs/sealed-secrets/cmd/kubeseal@v0.30.0
bin/controller: VERSION = github.com/bitnami-labs/sealed-secrets/cmd/controller@v0.30.0
$(GO_TOOLS):
	GOBIN=$(CURDIR)/bin CGO_ENABLED=0 go install -trimpath -ldflags '-s -w' $(VERSION)

bin/kubernetes-validate:
	python3 -m venv bin/python
	bin/python/bin/pip install --quiet --disable-pip-version-check kubernetes-validate==1.37.0
	ln -sf python/bin/kubernetes-validate $@

# Two auth images that differ only in their revision label, for the drills that change images;
# and the Sealed Secrets controller, an S3 server and the exporter, for clusters that lack them or can't pull them.
define build_images
set -euo pipefail
exports=
# push VARIABLE IMAGE
push() { docker push --quiet $(REGISTRY)/$$2 >&2 && exports+="export $$1=$$(docker image inspect --format '{{index .RepoDigests 0}}' $(REGISTRY)/$$2)"$$'\n'; }
docker build --quiet --file images/postgres.Dockerfile --tag $(REGISTRY)/devopslocally/postgres:drill .
docker build --quiet --file images/auth.Dockerfile --target production --tag $(REGISTRY)/devopslocally/auth:drill .
docker build --quiet --file images/auth.Dockerfile --target production --build-arg REVISION=next --tag $(REGISTRY)/devopslocally/auth:next .
docker build --quiet --file tests/cluster/stand-ins/sealed-secrets.Dockerfile --tag $(REGISTRY)/devopslocally/sealed-secrets:drill bin
docker build --quiet --file tests/cluster/stand-ins/s3.Dockerfile --tag $(REGISTRY)/devopslocally/s3:drill bin
docker build --quiet --file tests/cluster/stand-ins/postgres-exporter.Dockerfile --tag $(REGISTRY)/prometheuscommunity/postgres-exporter:v0.17.1 .
push POSTGRES_IMAGE devopslocally/postgres:drill
push AUTH_IMAGE devopslocally/auth:drill
push AUTH_IMAGE_NEXT devopslocally/auth:next
push SEALED_SECRETS_IMAGE devopslocally/sealed-secrets:drill
push S3_IMAGE devopslocally/s3:drill
push POSTGRES_EXPORTER_IMAGE prometheuscommunity/postgres-exporter:v0.17.1
for app in $$(ls apps/*/tsconfig.app.json | cut -d/ -f2 | grep -vx auth); do
  docker build --quiet --file images/auth.Dockerfile --target production --build-arg APP=$$app --tag $(REGISTRY)/devopslocally/$$app:drill .
  push $$(tr a-z- A-Z_ <<<$$app)_IMAGE devopslocally/$$app:drill
done
mkdir -p .cache
printf %s "$$exports" >$(DRILL_IMAGES)
endef
export build_images

$(DRILL_IMAGES): bin/controller bin/versitygw
	@bash -c "$$build_images"

.PHONY: images soak verify seal seal-value seal-single-sign-on drills
NEEDS_seal := ENVIRONMENT CERTIFICATE $(if $(filter monitoring,$(ENVIRONMENT)),WEBHOOK_URL)
NEEDS_seal-value := ENVIRONMENT SECRET KEY
NEEDS_drill-ingress := INGRESS_ADDRESS
NEEDS_drill-gitops := GITOPS_ROOT
NEEDS_drill-kubectl := SET_AUTHENTICATION
NEEDS_drills := INGRESS_ADDRESS GITOPS_ROOT

images: ## Build and push the drills' images
	@rm -f $(DRILL_IMAGES) .cache/stand-in-*.env
	@$(MAKE) --no-print-directory --silent $(DRILL_IMAGES)

verify: $(TOOLS) node_modules/.package-lock.json ## Check all manifests; SERVER=1 adds a dry run on the API server
	@node tests/cluster/verify.ts $(if $(SERVER),--server)

seal: bin/kubeseal ## First deployment only: generate and seal ALL secrets: ENVIRONMENT=staging CERTIFICATE=file; monitoring also needs WEBHOOK_URL
	@k8s/seal.sh $(ENVIRONMENT) $(CERTIFICATE)

seal-value: bin/kubeseal ## Replace one value of a sealed secret by the standard input: ENVIRONMENT=prod SECRET=auth KEY=database-url
	@k8s/seal-value.sh $(ENVIRONMENT) $(SECRET) $(KEY)

seal-single-sign-on: bin/kubeseal ## Generate and seal the secrets of single sign-on, and print the applications to declare
	@k8s/seal-single-sign-on.sh

drill-first-deploy: ## Deploy into an empty namespace, unattended, with the smoke test
drill-denial: ## Test each connection: allowed or denied
drill-admission: ## The API server rejects each broken manifest
drill-rollout: ## 0 failed requests while images change and a pod is deleted
drill-database-restart: ## Kill the database under traffic; no acknowledged write is lost
drill-failover: ## Replace the leader of the database cluster under traffic; no acknowledged write is lost. POOLER=1: with PgBouncer. SCENARIOS="switchover,updated,updated to a broken image,grown,pod deleted,pod killed,all killed,cut off,API server away,replica copied again,state lost,state and first volume lost,both are gone,replica lost,frozen,volume lost,volume and repository lost"
drill-mail: ## Mails wait for a right password and for the network policy, and are sent then
drill-pgbouncer: ## 1,000 clients share 20 connections of the database; PgBouncer is killed under traffic
drill-scale: ## Load until the autoscaler adds pods, then removes them
drill-ingress: ## Test TLS, redirect and routes of an ingress controller
drill-gitops: ## Argo CD syncs each overlay from nothing, stops bad commits, undoes manual changes
drill-kubectl: ## People use kubectl with their accounts and roles; SET_AUTHENTICATION=command configures the API server (docs/operations/kubectl.md)
drill-dev-loop: ## Measure the time from a saved file to the running pod; QUICK=1 leaves a new package and a generated service out
soak: ## Traffic with rollouts, rotations and kills at random, then a quiet half: nothing is lost and nothing grows; MINUTES=30 SEED=number

DRILLS := first-deploy denial admission rollout database-restart scale ingress gitops dev-loop restore cluster-lost region-lost pitr rotate sealed-secrets
soak: drill-soak
drill-failover drill-region-lost: export CLUSTER := 1
$(DRILLS:%=drill-%) drill-encryption-at-rest drill-failover drill-kubectl drill-mail drill-pgbouncer drill-soak: drill-%: $(TOOLS) $(DRILL_IMAGES) node_modules/.package-lock.json
	@. ./$(DRILL_IMAGES) && node tests/cluster/$*.ts

drills: $(DRILLS:%=drill-%) ## Run the drills of deployments, the database and secrets, one after another; CLUSTER=1: with a database cluster
