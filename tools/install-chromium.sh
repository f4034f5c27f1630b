#!/usr/bin/env bash
# Installs the browser that the passkey tests need, unless it is there. Needs root on Debian or Ubuntu.
set -euo pipefail
if command -v chromium >/dev/null; then
  exit 0
fi
apt-get update -qq
apt-get install -y --no-install-recommends chromium
