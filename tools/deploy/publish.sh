#!/usr/bin/env bash
# Builds the images, pushes them to REGISTRY and prints IMAGES=… with their references by digest, also to $GITHUB_OUTPUT.
# An image's tag is the last commit that changed its inputs. If the registry already has that tag, the image is reused, so that
# a release restarts only what has changed.  FRESH=1 rebuilds all images, for security updates of their bases.
# Images built outside GitHub's workflow get tags of their own: the workflow signs what it finds under its tags.
# PLATFORMS: builds for several platforms, with provenance and an SBOM (needs buildx).
set -euo pipefail
# or a failed build in $(build …) would go unnoticed
shopt -s inherit_errexit
: "${REGISTRY:?}"

published() { # published IMAGE:TAG prints its digest, if the registry has it
  if [ -n "${PLATFORMS:-}" ]; then
    docker buildx imagetools inspect --format '{{.Manifest.Digest}}' "$1" 2>/dev/null
  else
    docker pull --quiet "$1" >/dev/null 2>&1 && local_digest "$1"
  fi
}
local_digest() { docker image inspect --format '{{range .RepoDigests}}{{println .}}{{end}}' "$1" | sed -n "s#^${1%:*}@##p" | head -1; }

build() { # build IMAGE:TAG BUILD_OPTION... prints its digest
  local metadata
  if [ -n "${PLATFORMS:-}" ]; then
    metadata=$(mktemp)
    docker buildx build --platform "$PLATFORMS" --provenance=mode=max --sbom=true --push --metadata-file "$metadata" --tag "$@" . >&2
    sed -nE 's/.*"containerimage.digest": "([^"]+)".*/\1/p' "$metadata"
    rm "$metadata"
  else
    docker build --quiet --tag "$@" . >&2
    docker push --quiet "$1" >&2
    local_digest "$1"
  fi
}

publish() { # publish NAME INPUTS BUILD_OPTION... prints devopslocally/NAME=REFERENCE
  local name=devopslocally/$1 image=$REGISTRY/devopslocally/$1 revision changed tag digest=
  # shellcheck disable=SC2086 # a list of paths
  revision=$(git log -1 --format=%H -- $2)
  # shellcheck disable=SC2086
  changed=$(git status --porcelain -- $2)
  [ -z "$changed" ] || { printf 'refused: the inputs of %s have changes that are not committed\n%s\n' "$name" "$changed" >&2; exit 65; }
  shift 2
  tag=$revision
  [ -n "${GITHUB_ACTIONS:-}" ] || tag=local-$revision
  [ -n "${FRESH:-}" ] || digest=$(published "$image:$tag") || digest=
  if [ -n "$digest" ]; then
    echo "$name is already published" >&2
  else
    digest=$(build "$image:$tag" --build-arg "REVISION=$revision" ${FRESH:+--no-cache --pull} "$@")
  fi
  echo "$name=$image@${digest:?has no digest}"
}

images=$(publish postgres 'images/postgres images/postgres.Dockerfile' --file images/postgres.Dockerfile)
for settings in apps/*/tsconfig.app.json; do
  app=$(basename "$(dirname "$settings")")
  # auth's image contains the console
  [ "$app" = auth ] && console=apps/console || console=
  images+=" $(publish "$app" "images/auth.Dockerfile apps/$app $console libs tools/bundle tools/lib/root.ts package.json package-lock.json .npmrc .dockerignore nest-cli.json tsconfig.json" \
    --file images/auth.Dockerfile --target production --build-arg "APP=$app")"
done
mkdir -p .cache
echo "IMAGES=$images" | tee -a "${GITHUB_OUTPUT:-/dev/null}" | tee .cache/release.env
