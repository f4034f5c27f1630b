# The program that stands in front of the page in examples/api-gateway.
bin/oauth2-proxy: PACKAGE = github.com/oauth2-proxy/oauth2-proxy/v7@v7.15.6
bin/oauth2-proxy:
	GOBIN=$(CURDIR)/bin CGO_ENABLED=0 go install -trimpath -ldflags '-s -w' $(PACKAGE)
