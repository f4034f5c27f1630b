.PHONY: drill-new-service
drill-new-service: $(TOOLS) node_modules/.package-lock.json ## Generate a service, let it pass all checks, throw it away
	@node tools/new-service/drill.ts
