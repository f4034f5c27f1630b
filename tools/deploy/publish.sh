#!/usr/bin/env bash
# Builds the images, pushes them to REGISTRY and prints IMAGES=… with their references by digest, also to $GITHUB_OUTPUT.
# PLATFORMS: for several platforms, with provenance and a list of contents (needs buildx).
set -euo pipefail
: "${REGISTRY:?}"
REVISION=${REVISION:-$(git rev-parse HEAD)}

publish() { # publish NAME BUILD_OPTION... prints devopslocally/NAME=REFERENCE
  local name=devopslocally/$1 image=$REGISTRY/devopslocally/$1 metadata digest
  shift
  set -- "$@" --tag "$image:$REVISION" --build-arg "REVISION=$REVISION" .
  if [ -n "${PLATFORMS:-}" ]; then
    metadata=$(mktemp)
    docker buildx build --platform "$PLATFORMS" --provenance=mode=max --sbom=true --push --metadata-file "$metadata" "$@" >&2
    digest=$(sed -nE 's/.*"containerimage.digest": "([^"]+)".*/\1/p' "$metadata")
    rm "$metadata"
    echo "$name=$image@${digest:?the build named no digest}"
  else
    docker build --quiet "$@" >&2
    docker push --quiet "$image:$REVISION" >&2
    echo "$name=$(docker image inspect --format '{{index .RepoDigests 0}}' "$image:$REVISION")"
  fi
}

published=$(publish postgres --file images/postgres.Dockerfile)
for app in apps/*/; do
  app=$(basename "$app")
  published+=" $(publish "$app" --file images/auth.Dockerfile --target production --build-arg "APP=$app")"
done
mkdir -p .cache
echo "IMAGES=$published" | tee -a "${GITHUB_OUTPUT:-/dev/null}" | tee .cache/release.env
