#!/usr/bin/env bash
# Installs the browser that the passkey tests need, unless it is there: as root on Debian or Ubuntu; elsewhere it says how.
set -euo pipefail
if command -v chromium >/dev/null; then
  exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo 'The passkey tests need Chromium as `chromium`, which your system’s packages have; the others run without.' >&2
  exit 0
fi
apt-get update -qq
apt-get install -y --no-install-recommends chromium
