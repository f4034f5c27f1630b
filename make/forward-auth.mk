# the gateway of the drill
bin/traefik:
	@tools/go-build.sh $@ github.com/traefik/traefik/v3/cmd/traefik github.com/traefik/traefik/v3@v3.5.3

.PHONY: drill-forward-auth
drill-forward-auth: $(if $(shell command -v traefik),,bin/traefik) node_modules/.package-lock.json ## Attack a generated service behind the real Traefik with forward authentication
	@npm run --silent build && node tools/forward-auth/drill.ts
