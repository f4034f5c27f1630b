.PHONY: setup teardown

setup: node_modules/.package-lock.json ## The platform on the current kube context; YES=1 asks nothing, OBSERVABILITY=1 adds that
	@REGISTRY=$(REGISTRY) node tools/setup/setup.ts

teardown: node_modules/.package-lock.json ## Take away what setup has made
	@node tools/setup/teardown.ts
