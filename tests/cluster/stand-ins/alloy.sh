#!/usr/bin/env bash
# Builds Alloy with the components that k8s/observability/alloy/config.alloy uses, without converters for other formats.
# Version 1.0.0 is the newest whose syntax module is published as a separate Go module.  alloy.sh OUTPUT
set -euo pipefail
output=$(realpath -m "$1")
source=$(mktemp -d)
trap 'chmod -R u+w "$source"; rm -rf "$source"' EXIT
module=$(cd "$source" && go mod download -json github.com/grafana/alloy@v1.0.0 | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
cp -r "$module/." "$source"
chmod -R u+w "$source"
cd "$source"

rm -rf internal/converter/internal
cat >internal/converter/converter.go <<'GO'
package converter

import "github.com/grafana/alloy/internal/converter/diag"

type Input string

var SupportedFormats []string

func Convert([]byte, Input, []string) ([]byte, diag.Diagnostics) {
	var diags diag.Diagnostics
	diags.Add(diag.SeverityLevelCritical, "this build has no converters")
	return nil, diags
}
GO
cat >internal/component/all/all.go <<'GO'
package all

import (
	_ "github.com/grafana/alloy/internal/component/discovery/kubernetes"
	_ "github.com/grafana/alloy/internal/component/discovery/relabel"
	_ "github.com/grafana/alloy/internal/component/loki/process"
	_ "github.com/grafana/alloy/internal/component/loki/source/kubernetes"
	_ "github.com/grafana/alloy/internal/component/loki/write"
)
GO
cat >main.go <<'GO'
package main

import (
	"github.com/grafana/alloy/internal/alloycli"
	"github.com/grafana/alloy/internal/build"
	"github.com/prometheus/client_golang/prometheus"
)

func main() {
	build.Version = "v1.0.0"
	prometheus.MustRegister(build.NewCollector("alloy"))
	alloycli.Run()
}
GO
go mod edit -replace github.com/grafana/alloy/syntax=github.com/grafana/alloy/syntax@v0.1.0
CGO_ENABLED=0 GOFLAGS='-mod=mod -buildvcs=false' go build -trimpath -ldflags '-s -w' -o "$output" .
