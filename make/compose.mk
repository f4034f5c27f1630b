.PHONY: drill-compose
drill-compose: node_modules/.package-lock.json ## Start a clean copy with `docker compose up` and receive an e-mail
	@node tools/compose/drill.ts
