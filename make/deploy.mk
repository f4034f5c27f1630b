.PHONY: publish sign deploy promote drill-deploy

publish: ## Build and push the images to REGISTRY; PLATFORMS=linux/amd64,linux/arm64 adds provenance and contents
	@REGISTRY=$(REGISTRY) tools/deploy/publish.sh

sign: bin/cosign ## Sign what publish has pushed, by the identity of the workflow
	@cosign sign --yes $$(sed 's/^IMAGES=//; s/[^ ]*=//g' .cache/release.env)

deploy: node_modules/.package-lock.json ## Commit IMAGES, as publish printed them, for ENVIRONMENT, wait, take back what fails
	@node tools/deploy/main.ts

promote: node_modules/.package-lock.json ## The same with the images that FROM runs: FROM=staging ENVIRONMENT=prod
	@node tools/deploy/main.ts

drill-deploy: $(TOOLS) $(IMAGES) node_modules/.package-lock.json ## From a commit to serving by Argo CD; a broken release is taken back
	@. ./$(IMAGES) && REGISTRY=$(REGISTRY) node tests/cluster/deploy.ts
