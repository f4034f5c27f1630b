ARG BASE=debian:trixie-slim
FROM ${BASE}
ARG MAJOR=17
# an older major version whose data the image can upgrade, and the Debian release that has it
ARG UPGRADE_FROM=
ARG UPGRADE_FROM_RELEASE=trixie

# Fixed ids that manifests can refer to, above the range that hosts assign.
# PgBouncer is another user than the server, whom the server knows by its name.
RUN groupadd --system --gid 10002 postgres && useradd --system --uid 10002 --gid postgres --home-dir /var/lib/postgresql postgres \
    && useradd --system --uid 10003 --gid postgres --home-dir /nonexistent pgbouncer

RUN --mount=type=cache,target=/var/cache/apt,sharing=locked --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    mkdir -p /etc/postgresql-common \
    && echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf \
    && if [ -n "$UPGRADE_FROM" ]; then echo "deb http://deb.debian.org/debian $UPGRADE_FROM_RELEASE main" >/etc/apt/sources.list.d/older.list; fi \
    && apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends postgresql-$MAJOR ${UPGRADE_FROM:+postgresql-$UPGRADE_FROM} pgbackrest patroni pgbouncer ca-certificates jq openssl tini zstd \
    # the package ssl-cert generates a private key in each build
    && rm /etc/ssl/private/ssl-cert-snakeoil.key /etc/ssl/certs/ssl-cert-snakeoil.pem && find /etc/ssl/certs -xtype l -delete \
    && rm -rf /etc/apt/sources.list.d/older.list /usr/share/doc /usr/share/man /var/log/apt /var/log/dpkg.log /var/log/alternatives.log \
      /var/cache/debconf/* /var/cache/ldconfig/* /etc/pgbackrest.conf /etc/pgbouncer/*

COPY --chmod=0555 images/postgres/*.sh /usr/local/bin/
COPY --chmod=0444 images/postgres/postgresql.conf images/postgres/pg_hba.conf /etc/postgresql/

# no manifest names the major version
ENV PATH=/usr/lib/postgresql/$MAJOR/bin:$PATH \
    LANG=C.UTF-8 \
    PGDATA=/var/lib/postgresql/data/$MAJOR \
    PGBACKREST_PG1_PATH=/var/lib/postgresql/data/$MAJOR \
    PATRONI_POSTGRESQL_DATA_DIR=/var/lib/postgresql/data/$MAJOR \
    PATRONI_POSTGRESQL_BIN_DIR=/usr/lib/postgresql/$MAJOR/bin
ARG REVISION=unknown
LABEL org.opencontainers.image.title="devopslocally postgres" \
      org.opencontainers.image.description="PostgreSQL $MAJOR, Patroni and PgBouncer with TLS, scram-sha-256, a role per database and pgBackRest" \
      org.opencontainers.image.licenses="PostgreSQL" \
      org.opencontainers.image.revision="${REVISION}"

USER 10002:10002
EXPOSE 5432
# SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait until all clients disconnect.
STOPSIGNAL SIGINT
# tini adopts pgBackRest's detached processes. The server would take their failure for a crash of its own process.
ENTRYPOINT ["tini", "--", "entrypoint.sh"]
