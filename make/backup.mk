.PHONY: backup restore

PLACE := $(if $(NAMESPACE),--namespace=$(NAMESPACE)) $(if $(COMPOSE),--compose)

backup: node_modules/.package-lock.json ## Dump the database into .backups/, encrypted; NAMESPACE=… that environment's in the cluster, COMPOSE=1 that of compose.yaml
	@npm run --silent backup -- $(PLACE)

restore: node_modules/.package-lock.json ## Restore FILE=… into an empty database; REPLACE=1 into one that is not; NAMESPACE=… and COMPOSE=1 as above
	@npm run --silent build && npm run --silent restore -- $(FILE) $(if $(REPLACE),--replace) $(PLACE)

.PHONY: drill-dump
drill-dump: node_modules/.package-lock.json ## Dump and restore 20,000 accounts; damaged, cut off and foreign files are refused
	@npm run --silent build && npm run --silent drill:dump
