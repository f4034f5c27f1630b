#!/usr/bin/env bash
# Builds a program whose module has replace directives, which `go install` rejects. They apply only in the module's own build,
# so this script copies them.  go-build.sh OUTPUT PACKAGE MODULE@VERSION [NEWER_DEPENDENCY@VERSION...]
set -euo pipefail
output=$(realpath -m "$1") package=$2 module=$3
shift 3
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
export CGO_ENABLED=0 GOFLAGS='-mod=mod -buildvcs=false'
go mod init scratch 2>/dev/null
go mod edit -require "$module" "${@/#/-require=}"
go mod edit -json "$(go mod download -json "$module" | node -p 'JSON.parse(require("fs").readFileSync(0)).GoMod')" |
  node -e '
    for (const { Old, New } of JSON.parse(require("fs").readFileSync(0)).Replace ?? [])
      if (New.Version) console.log(`${Old.Path}${Old.Version ? "@" + Old.Version : ""}=${New.Path}@${New.Version}`);
  ' |
  while read -r replacement; do go mod edit -replace "$replacement"; done
mkdir -p "$(dirname "$output")"
go build -trimpath -ldflags '-s -w' -o "$output" "$package"
