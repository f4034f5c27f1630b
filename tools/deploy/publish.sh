#!/usr/bin/env bash
# Builds the images, pushes them to REGISTRY and prints their references by digest, as AUTH_IMAGE=… and POSTGRES_IMAGE=…,
# also to $GITHUB_OUTPUT.  PLATFORMS: for several platforms, with provenance and a list of contents (needs buildx).
set -euo pipefail
: "${REGISTRY:?}"
REVISION=${REVISION:-$(git rev-parse HEAD)}

publish() { # publish NAME BUILD_OPTION... prints NAME@DIGEST
  local image=$REGISTRY/devopslocally/$1 metadata digest
  shift
  set -- "$@" --tag "$image:$REVISION" --build-arg "REVISION=$REVISION" .
  if [ -n "${PLATFORMS:-}" ]; then
    metadata=$(mktemp)
    docker buildx build --platform "$PLATFORMS" --provenance=mode=max --sbom=true --push --metadata-file "$metadata" "$@" >&2
    digest=$(sed -nE 's/.*"containerimage.digest": "([^"]+)".*/\1/p' "$metadata")
    rm "$metadata"
    echo "$image@${digest:?the build named no digest}"
  else
    docker build --quiet "$@" >&2
    docker push --quiet "$image:$REVISION" >&2
    docker image inspect --format '{{index .RepoDigests 0}}' "$image:$REVISION"
  fi
}

auth=$(publish auth --file images/auth.Dockerfile --target production)
postgres=$(publish postgres --file images/postgres.Dockerfile)
mkdir -p .cache
printf 'AUTH_IMAGE=%s\nPOSTGRES_IMAGE=%s\n' "$auth" "$postgres" | tee -a "${GITHUB_OUTPUT:-/dev/null}" | tee .cache/release.env
