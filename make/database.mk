# The database's drills. SIZE: megabytes of data. REPOSITORY: local or s3. CLUSTER=1: with three members.
bin/versitygw: VERSION = github.com/versity/versitygw/cmd/versitygw@v1.8.0

.PHONY: rotate
NEEDS_rotate := NAMESPACE WHAT
rotate: ## Replace a secret in the cluster: NAMESPACE=… WHAT=password|tls|signing-keys|key-encryption-keys|old-key-encryption-keys|passphrase
	@k8s/rotate.sh $(NAMESPACE) $(WHAT)

drill-restore: ## Destroy the database's volume under write traffic; prints RTO, RPO and lost rows
drill-cluster-lost: ## Lose an environment and restore it from the kept secrets and the bucket; prints RTO, RPO and lost rows
drill-region-lost: ## Lose the active of two regions and fail over to the standby; prints RTO, RPO and lost rows
drill-upgrade: ## Upgrade the database to the next major version under traffic, restore, and go back
drill-pitr: ## Restore the database to the second before a mistake
drill-rotate: ## Replace each secret under traffic with 0 failed requests
drill-sealed-secrets: ## Unseal, reject tampered values, restore a lost controller, reseal, replace single values as the runbooks say
drill-encryption-at-rest: ## Check that Secrets are encrypted in etcd at ETCD_URL

# the next major version of PostgreSQL, with the programs of this one
MAJOR := $(shell sed -n 's/^ARG MAJOR=//p' images/postgres.Dockerfile)
.cache/stand-in-postgres-next.env: images/postgres.Dockerfile $(wildcard images/postgres/*) tests/cluster/stand-ins/debian-forky.Dockerfile
	@mkdir -p $(@D)
	@docker build --quiet --file tests/cluster/stand-ins/debian-forky.Dockerfile --tag debian:forky-slim .
	@docker build --quiet --file images/postgres.Dockerfile --build-arg BASE=debian:forky-slim --build-arg MAJOR=$$(($(MAJOR) + 1)) --build-arg UPGRADE_FROM=$(MAJOR) --tag $(REGISTRY)/devopslocally/postgres:next .
	@docker push --quiet $(REGISTRY)/devopslocally/postgres:next
	@echo "export POSTGRES_IMAGE_NEXT=$$(docker image inspect --format '{{index .RepoDigests 0}}' $(REGISTRY)/devopslocally/postgres:next)" >$@

.PHONY: drill-upgrade
drill-upgrade: $(TOOLS) $(DRILL_IMAGES) .cache/stand-in-postgres-next.env node_modules/.package-lock.json
	@. ./$(DRILL_IMAGES) && . ./.cache/stand-in-postgres-next.env && node tests/cluster/upgrade.ts

NEEDS_drill-encryption-at-rest := ETCD_URL

.PHONY: reseal
NEEDS_reseal := ENVIRONMENT
reseal: bin/kubeseal ## Reseal the committed values for the controller's newest key: ENVIRONMENT=staging
	@for folder in $(wildcard k8s/overlays/$(ENVIRONMENT)/sealed-secrets k8s/services/*/overlays/$(ENVIRONMENT)/sealed-secrets); do k8s/reseal.sh "$$folder"; done
