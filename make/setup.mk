.PHONY: setup teardown

setup: node_modules/.package-lock.json ## The platform on the current kube context; YES=1 asks nothing, OBSERVABILITY=1 adds that
	@REGISTRY=$(REGISTRY) node tools/setup/setup.ts

teardown: node_modules/.package-lock.json ## Take away what setup has made
	@node tools/setup/teardown.ts

# for machines without a package of it
bin/kind:
	GOBIN=$(CURDIR)/bin CGO_ENABLED=0 go install -trimpath -ldflags '-s -w' sigs.k8s.io/kind@v0.33.0
