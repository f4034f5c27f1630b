# Debian's next release, which has the next major version of PostgreSQL, for engines that can't pull debian:forky-slim.
FROM debian:trixie-slim
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    . /etc/os-release && sed -i "s/$VERSION_CODENAME/forky/g" /etc/apt/sources.list.d/debian.sources && apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get dist-upgrade --yes --no-install-recommends
