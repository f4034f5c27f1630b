# The program that stands in front of the page in examples/api-gateway.
bin/oauth2-proxy: PACKAGE = github.com/oauth2-proxy/oauth2-proxy/v7@v7.15.6
bin/oauth2-proxy:
	GOBIN=$(CURDIR)/bin CGO_ENABLED=0 go install -trimpath -ldflags '-s -w' $(PACKAGE)

.PHONY: test-snippets
test-snippets: node_modules/.package-lock.json ## Sign in by the console's snippets for Go, Python and Spring; needs go, python3, java and mvn
	@SNIPPETS=1 npm test -- console-snippets
