.PHONY: drill-compose
drill-compose: node_modules/.package-lock.json ## A clean copy up by `docker compose up`, with a mail that is caught
	@node tools/compose/drill.ts
