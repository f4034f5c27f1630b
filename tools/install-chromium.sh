#!/usr/bin/env bash
# Installs Chromium, which the browser tests need, if it is missing and this is root on Debian or Ubuntu.
set -euo pipefail
has() { command -v "$1" >/dev/null; }
if ! has chromium-headless-shell && [ "$(id -u)" = 0 ] && has apt-get; then
  # Debian's Chromium without windows, which takes less of the processor
  apt-get update -qq && apt-get install -y --no-install-recommends chromium-headless-shell ||
    has chromium || apt-get install -y --no-install-recommends chromium
fi
has chromium-headless-shell || has chromium ||
  echo 'Chromium is missing: the browser tests fail without it. Install your system’s package `chromium`.' >&2
