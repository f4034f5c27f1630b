.PHONY: setup teardown

setup: node_modules/.package-lock.json ## Deploy the dev overlay to the current kube context; YES=1 answers its questions with yes, OBSERVABILITY=1 adds monitoring
	@REGISTRY=$(REGISTRY) node tools/setup/setup.ts

teardown: node_modules/.package-lock.json ## Delete the dev namespace, or the whole cluster if setup created it
	@node tools/setup/teardown.ts

# for machines without a kind package
bin/kind:
	GOBIN=$(CURDIR)/bin CGO_ENABLED=0 go install -trimpath -ldflags '-s -w' sigs.k8s.io/kind@v0.33.0
