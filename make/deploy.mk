.PHONY: publish sign deploy promote rollback drill-deploy drill-image-verification
NEEDS_deploy := ENVIRONMENT IMAGES
NEEDS_promote := FROM ENVIRONMENT
NEEDS_rollback := ENVIRONMENT COMMIT
NEEDS_drill-deploy := GITOPS_ROOT

publish: ## Build and push the images to REGISTRY; PLATFORMS=linux/amd64,linux/arm64 adds provenance and an SBOM
	@REGISTRY=$(REGISTRY) tools/deploy/publish.sh

sign: bin/cosign ## Sign the published images with the workflow's identity
	@cosign sign --yes $$(sed 's/^IMAGES=//; s/[^ ]*=//g' .cache/release.env)

deploy: node_modules/.package-lock.json ## Deploy the IMAGES that publish printed to ENVIRONMENT by a commit; revert it on failure
	@node tools/deploy/main.ts

promote: node_modules/.package-lock.json ## Deploy the images that FROM runs: FROM=staging ENVIRONMENT=prod
	@node tools/deploy/main.ts

rollback: node_modules/.package-lock.json ## Revert COMMIT and sync the revert to ENVIRONMENT now, at any hour, from the current kube context
	@node tools/deploy/rollback.ts

drill-deploy: $(TOOLS) $(DRILL_IMAGES) node_modules/.package-lock.json ## Deploy a commit through Argo CD; a broken release is reverted
	@. ./$(DRILL_IMAGES) && REGISTRY=$(REGISTRY) node tests/cluster/deploy.ts

KYVERNO := github.com/kyverno/kyverno@v1.19.1
bin/kyverno bin/kyverno-init:
	tools/go-build.sh $@ github.com/kyverno/kyverno/cmd/$(@F) $(KYVERNO)
bin/helm: PACKAGE = helm.sh/helm/v4/cmd/helm@v4.3.2
IMAGE_kyverno := kyverno/kyverno:v1.19.1
IMAGE_kyverno-init := kyverno/kyvernopre:v1.19.1
VERIFICATION_IMAGES = $(DRILL_IMAGES) .cache/stand-in-kyverno.env .cache/stand-in-kyverno-init.env

drill-image-verification: $(TOOLS) bin/helm bin/cosign $(VERIFICATION_IMAGES) node_modules/.package-lock.json ## Kyverno refuses images that are not signed; nodes must reach REGISTRY by the same name
	@for file in $(VERIFICATION_IMAGES); do . ./$$file; done && KYVERNO=$(KYVERNO) node tests/cluster/image-verification.ts
