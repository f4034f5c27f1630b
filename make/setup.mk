.PHONY: setup teardown

setup: node_modules/.package-lock.json ## Set up the platform on the current kube context; YES=1 skips the question, OBSERVABILITY=1 adds monitoring
	@REGISTRY=$(REGISTRY) node tools/setup/setup.ts

teardown: node_modules/.package-lock.json ## Remove what setup created
	@node tools/setup/teardown.ts

# for machines without a kind package
bin/kind:
	GOBIN=$(CURDIR)/bin CGO_ENABLED=0 go install -trimpath -ldflags '-s -w' sigs.k8s.io/kind@v0.33.0
