# Debian's next release, which has the next major version of PostgreSQL, for engines that can't pull debian:forky-slim. A mirror may lag
# behind the week for which its index of a release in testing is valid.
FROM debian:trixie-slim
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    rm -f /etc/apt/sources.list.d/* && echo 'deb http://deb.debian.org/debian forky main' >/etc/apt/sources.list \
    && echo 'Acquire::Check-Valid-Until "false";' >/etc/apt/apt.conf.d/90mirror \
    && apt-get update && DEBIAN_FRONTEND=noninteractive apt-get dist-upgrade --yes --no-install-recommends
# Its urllib3 wants an extension that the authority of a test cluster's API server may lack.
RUN mkdir -p /usr/lib/python3/dist-packages \
    && echo 'import ssl; ssl.VERIFY_X509_STRICT = ssl.VerifyFlags(0)' >/usr/lib/python3/dist-packages/test-cluster.pth
