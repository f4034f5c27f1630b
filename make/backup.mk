.PHONY: backup restore

backup: node_modules/.package-lock.json ## Dump the database into .backups/, encrypted; NAMESPACE=… takes that environment's in the cluster
	@npm run --silent backup -- $(if $(NAMESPACE),--namespace=$(NAMESPACE))

restore: node_modules/.package-lock.json ## Restore FILE=… into an empty database; REPLACE=1 into one that is not; NAMESPACE=… as above
	@npm run --silent build && npm run --silent restore -- $(FILE) $(if $(REPLACE),--replace) $(if $(NAMESPACE),--namespace=$(NAMESPACE))

.PHONY: drill-dump
drill-dump: node_modules/.package-lock.json ## Dump and restore 20,000 accounts; damaged, cut off and foreign files are refused
	@npm run --silent build && npm run --silent drill:dump
