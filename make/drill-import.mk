.PHONY: drill-import
drill-import: node_modules/.package-lock.json ## Import 100,000 accounts in bounded memory; the import is killed once and resumed
	@npm run --silent build && npm run --silent drill:import
