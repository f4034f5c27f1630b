.DEFAULT_GOAL := help
SHELL := bash

# made anew only when the lock file changes
node_modules/.package-lock.json: package-lock.json
	npm ci
	@touch $@

.PHONY: start test fuzz check build help

start: node_modules/.package-lock.json ## Start the auth service on a PostgreSQL of its own
	@npm run --silent build && exec npm run --silent start

test: node_modules/.package-lock.json ## Run all tests on a real PostgreSQL and in a real browser
	@tools/install-chromium.sh
	@npm test

fuzz: node_modules/.package-lock.json ## Fuzz the API from its own OpenAPI document; SEED=N repeats a run (needs python3)
	@npm run --silent build && npm run --silent fuzz -- $(if $(SEED),--seed=$(SEED))

check: node_modules/.package-lock.json ## Check format, lint, types, dependency rules and dead code
	@npm run check

build: node_modules/.package-lock.json ## Compile into dist/
	@npm run build

help: ## List these
	@awk -f make/help.awk $(MAKEFILE_LIST)

-include make/*.mk
