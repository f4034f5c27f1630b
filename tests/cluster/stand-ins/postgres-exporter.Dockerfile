# The version that k8s/components/postgres-exporter names, from Debian, which needs no Go build.
FROM debian:trixie-slim
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends 'prometheus-postgres-exporter=0.17.1-*'
USER 65534:65534
ENTRYPOINT ["prometheus-postgres-exporter"]
