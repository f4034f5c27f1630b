.DEFAULT_GOAL := help
SHELL := bash

# reinstalled only if the lock file changes
node_modules/.package-lock.json: package-lock.json
	npm ci
	@touch $@

comma := ,

# These choose what is replaced, so they count from the command line only: runbooks export NAMESPACE for kubectl.
$(foreach variable,NAMESPACE COMPOSE REPLACE,$(if $(filter command,$(origin $(variable))),,$(eval override $(variable) :=)))

.PHONY: start test watch fuzz mutants check build bundle help

start: node_modules/.package-lock.json ## Start the auth service with its own embedded PostgreSQL
	@npm run --silent build && exec npm run --silent start

test: node_modules/.package-lock.json ## Run all tests, with a real PostgreSQL and a real browser; COVERAGE=1 measures what they cover
	@tools/install-chromium.sh
	@npm test $(if $(COVERAGE),-- --coverage)

watch: node_modules/.package-lock.json ## On each save, run the tests that depend on a changed file; TESTS=sessions: those whose path matches; Ctrl-C ends it
	@npm run --silent build && exec vitest watch $(TESTS) --changed

fuzz: node_modules/.package-lock.json ## Fuzz the API from its OpenAPI document (needs python3); SEED=N repeats a run, QUICK=1 sends fewer requests
	@npm run --silent build && npm run --silent fuzz -- $(if $(SEED),--seed=$(SEED)) $(if $(QUICK),--max-examples=10 --phases=examples$(comma)fuzzing)

mutants: node_modules/.package-lock.json ## Remove each permission check in a copy of the project; the test of permissions must notice
	@npm run --silent build && node tools/mutants.ts

check: node_modules/.package-lock.json ## Check format, lint, types, dependency rules and unused code
	@npm run check

build: node_modules/.package-lock.json ## Compile into dist/
	@npm run build

bundle: node_modules/.package-lock.json ## Bundle a service into .cache/bundle/, as its image contains it: APP=auth
	@npm run --silent build && npm run --silent bundle -- $(or $(APP),auth) .cache/bundle/$(or $(APP),auth)

help: ## Show this list
	@awk -f make/help.awk $(MAKEFILE_LIST)

# those of these programs that this machine lacks, as targets that get them
missing = $(foreach program,$(1),$(if $(shell command -v $(program)),,bin/$(program)))

-include make/*.mk

# NEEDS_<target> lists the arguments that a target can't do without. Checked before anything is built.
$(foreach goal,$(MAKECMDGOALS),$(foreach argument,$(NEEDS_$(goal)),$(if $($(argument)),,$(error usage: make $(goal) $(NEEDS_$(goal):%=%=…) (`make help` explains them)))))
