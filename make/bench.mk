.PHONY: bench
bench: node_modules/.package-lock.json ## Measure the service against its controls; OPTIONS="--quick --only=login,growth" and more: bench/bench.ts
	@npm run --silent build && npm run --silent bench -- $(OPTIONS)

# what is compared is no part of the project
bench/peers/node_modules: bench/peers/package-lock.json
	npm ci --prefix bench/peers
	@touch $@

.PHONY: bench-compare
bench-compare: node_modules/.package-lock.json bench/peers/node_modules ## Measure the service beside others; OPTIONS="--rounds=N --seconds=N"
	@npm run --silent build && npm run --silent bench:compare -- $(OPTIONS)
