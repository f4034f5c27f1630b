.PHONY: bench
bench: bundle ## Benchmark the service against its controls; OPTIONS="--quick --only=login,growth", all options in bench/bench.ts
	@npm run --silent bench -- $(OPTIONS)

# the peers' packages are not part of the project
bench/peers/node_modules: bench/peers/package-lock.json
	npm ci --prefix bench/peers
	@touch $@

.PHONY: bench-compare
bench-compare: bundle bench/peers/node_modules ## Benchmark the service beside better-auth; OPTIONS="--rounds=N --seconds=N"
	@npm run --silent bench:compare -- $(OPTIONS)
