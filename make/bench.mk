.PHONY: bench
bench: bundle ## Benchmark the service against its controls; OPTIONS="--quick --only=login,growth", all options in bench/bench.ts
	@npm run --silent bench -- $(OPTIONS)

# the peers' packages are not part of the project
bench/peers/node_modules: bench/peers/package-lock.json
	npm ci --prefix bench/peers
	@touch $@

# its distribution on Maven Central, for machines that have Java
KEYCLOAK := 26.7.3
KEYCLOAK_SHA256 := 77657f30b7e90d70f727712ce1c967f430fd6a5e9f458d32d8c6df0635345f47
KEYCLOAK_HOME := $(CURDIR)/.cache/keycloak-$(KEYCLOAK)
KEYCLOAK_ARCHIVE := keycloak-quarkus-dist-$(KEYCLOAK).tar.gz
.cache/keycloak-$(KEYCLOAK)/bin/kc.sh:
	mkdir -p .cache
	curl --fail --silent --show-error --location --output .cache/$(KEYCLOAK_ARCHIVE) \
	  https://repo1.maven.org/maven2/org/keycloak/keycloak-quarkus-dist/$(KEYCLOAK)/$(KEYCLOAK_ARCHIVE)
	echo '$(KEYCLOAK_SHA256)  .cache/$(KEYCLOAK_ARCHIVE)' | sha256sum --check --quiet
	tar --extract --gzip --file .cache/$(KEYCLOAK_ARCHIVE) --directory .cache
	rm .cache/$(KEYCLOAK_ARCHIVE)
	.cache/keycloak-$(KEYCLOAK)/bin/kc.sh build --db=postgres --health-enabled=true
	@touch $@

.PHONY: bench-compare
HAS_JAVA := $(shell command -v java)
bench-compare: bundle bench/peers/node_modules $(if $(HAS_JAVA),.cache/keycloak-$(KEYCLOAK)/bin/kc.sh) ## Benchmark the service beside better-auth, and Keycloak where Java is; OPTIONS="--rounds=N --seconds=N"
	@$(if $(HAS_JAVA),KEYCLOAK_HOME=$(KEYCLOAK_HOME)) npm run --silent bench:compare -- $(OPTIONS)
