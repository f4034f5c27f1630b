#!/usr/bin/env bash
# Installs Chromium, which the browser tests need, if it is missing and this is root on Debian or Ubuntu.
set -euo pipefail
if command -v chromium >/dev/null; then
  exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo 'Chromium is missing: the browser tests fail without it. Install your system’s package `chromium`.' >&2
  exit 0
fi
apt-get update -qq
apt-get install -y --no-install-recommends chromium
