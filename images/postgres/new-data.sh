#!/bin/bash
# Makes an empty data folder, in place of what is there.  new-data.sh FOLDER
set -euo pipefail
rm -rf "$1"
# PostgreSQL's own locale: no update of the C library changes how indexes are sorted
initdb --pgdata "$1" --username postgres --auth-local peer --auth-host reject --data-checksums --encoding UTF8 \
  --locale-provider builtin --builtin-locale C.UTF-8 --locale C.UTF-8 >/dev/null
