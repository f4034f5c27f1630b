.PHONY: drill-new-service
drill-new-service: $(TOOLS) node_modules/.package-lock.json ## Generate a service, run all checks on it, delete it
	@node tools/new-service/drill.ts
