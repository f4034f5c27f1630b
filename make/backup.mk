.PHONY: backup restore

PLACE := $(if $(NAMESPACE),--namespace=$(NAMESPACE)) $(if $(COMPOSE),--compose)

backup: node_modules/.package-lock.json ## Write an encrypted dump of the database to .backups/; NAMESPACE=… of an environment in the cluster, COMPOSE=1 of compose.yaml
	@npm run --silent backup -- $(PLACE)

NEEDS_restore := FILE
restore: node_modules/.package-lock.json ## Restore FILE=… into an empty database; REPLACE=1 replaces its contents, in the cluster REPLACE=<namespace>; NAMESPACE=… and COMPOSE=1 as above
	@npm run --silent build && npm run --silent restore -- $(FILE) $(if $(REPLACE),--replace=$(REPLACE)) $(PLACE)

.PHONY: drill-dump
drill-dump: node_modules/.package-lock.json ## Dump and restore 20,000 accounts; reject damaged, truncated and foreign files
	@npm run --silent build && npm run --silent drill:dump
