.PHONY: pack
pack: node_modules/.package-lock.json ## Pack the client and the guard for npm into .cache/packages/
	@mkdir -p .cache/packages
	npm pack ./libs/client ./libs/guard --pack-destination .cache/packages
