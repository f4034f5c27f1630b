#!/bin/bash
# Prints the server's settings that depend on the memory of the container, as lines of postgresql.conf.
set -euo pipefail
memory=$(cat /sys/fs/cgroup/memory.max 2>/dev/null || cat /sys/fs/cgroup/memory/memory.limit_in_bytes)
total=$(($(sed -nE 's/^MemTotal: +([0-9]+) kB/\1/p' /proc/meminfo) * 1024))
[ "$memory" != max ] && [ "$memory" -lt "$total" ] || memory=$total
cat <<END
shared_buffers=$((memory / 4 / 1024))kB
effective_cache_size=$((memory / 2 / 1024))kB
maintenance_work_mem=$((memory / 16 / 1024))kB
END
