# Builds any service of apps/. The build argument APP selects it.
ARG BASE=node:24-trixie-slim

FROM ${BASE} AS packages
WORKDIR /app
ENV NPM_CONFIG_UPDATE_NOTIFIER=false NPM_CONFIG_AUDIT=false NPM_CONFIG_FUND=false
COPY package.json package-lock.json .npmrc ./
# No install script is needed: native code is installed prebuilt, as separate packages.
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts
COPY nest-cli.json tsconfig*.json ./
COPY libs libs

FROM packages AS console
COPY apps/console apps/console
RUN node_modules/.bin/vite build apps/console

FROM packages AS source
# only this service: a change of another one changes neither this image nor its pod
ARG APP=auth
COPY apps/${APP} apps/${APP}
RUN node_modules/.bin/tsc -p "apps/${APP}/tsconfig.app.json"
# the auth service serves the console
RUN --mount=type=bind,from=console,source=/app/dist/apps/console,target=/console \
    if [ "${APP}" = auth ]; then cp -r /console dist/apps/console; fi

# Compiles and restarts on each change that Skaffold copies in. A compile error does not stop the running process.
FROM source AS dev
# nest uses ps to end the old process' children, and tini reaps them
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends procps tini
# tar replaces files, which ends their watchers: watch the folders instead.
ENV TSC_WATCHFILE=UseFsEventsOnParentDirectory
ARG APP=auth
ENV APP=${APP}
# tar must own the folders of the files it replaces.
RUN chown -R 10001:10001 apps libs dist
USER 10001:10001
EXPOSE 3000 9464 9229
ENTRYPOINT ["tini", "--"]
# --no-shell: the next process waits until the old one has ended
CMD ["sh", "-c", "exec node_modules/.bin/nest start \"$APP\" --watch --preserveWatchOutput --no-shell --debug 127.0.0.1:9229"]

FROM source AS bundled
COPY tools/bundle tools/bundle
COPY tools/lib/root.ts tools/lib/
ARG APP=auth
RUN node tools/bundle/app.ts "${APP}" /bundle

FROM ${BASE} AS production
WORKDIR /app
ENV NODE_ENV=production
# its node_modules names every bundled package with its version and licence, for scanners
COPY --from=bundled /bundle ./
ARG APP=auth
RUN ln -s "dist/apps/${APP}/src/main.js" main.js
ARG REVISION=unknown
LABEL org.opencontainers.image.title="devopslocally ${APP}" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.revision="${REVISION}"
USER 10001:10001
EXPOSE 3000 9464
# Node.js is PID 1: it handles SIGTERM itself and starts no children.
# Its code is on large pages, because hashing evicts the processor's address translations.
CMD ["node", "--use-largepages=silent", "main.js"]
