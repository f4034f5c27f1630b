#!/bin/bash
# Becomes Patroni, which runs the server as a member of the cluster that CLUSTER names, as the Service of its leader is named.
set -euo pipefail
chosen=/run/postgresql/lead
# bash goes on after a SIGINT of which the command that it waits for has not died
trap 'exit 143' INT TERM
# in the background, so that signals are handled at once
pause() { sleep 2 & wait $!; }
led() { pg_isready --quiet --host "$CLUSTER"; }
repository() { timeout --signal=KILL 2 pgbackrest server-ping "$CLUSTER-repository" --log-level-console=off; }
# Whether the API server has the cluster's state. With `forget`, ends the claim of a member that was to create the cluster and did not.
state() {
  python3 - "$CLUSTER-config" "${1:-}" <<'PYTHON'
import json, ssl, sys, urllib.request
account = '/var/run/secrets/kubernetes.io/serviceaccount/'
token, namespace = (open(account + name).read() for name in ('token', 'namespace'))
url = f'https://kubernetes.default.svc/api/v1/namespaces/{namespace}/endpoints/{sys.argv[1]}'
headers = {'Authorization': f'Bearer {token}', 'Content-Type': 'application/merge-patch+json'}
context = ssl.create_default_context(cafile=account + 'ca.crt')
# as all other clients of the API server: its authority's certificate may lack extensions
context.verify_flags &= ~ssl.VERIFY_X509_STRICT
def call(method, body=None):
    request = urllib.request.Request(url, method=method, headers=headers, data=body and json.dumps(body).encode())
    return json.load(urllib.request.urlopen(request, timeout=5, context=context))
try:
    initialized = call('GET')['metadata'].get('annotations', {}).get('initialize')
    if sys.argv[2] == 'forget' and initialized == '':
        call('PATCH', {'metadata': {'annotations': {'initialize': None}}})
    sys.exit(not initialized)
except OSError as error:
    sys.exit(f'{url}: {error}')
PYTHON
}
known() { [ -e "$chosen" ] || led || state; }
# where this member's WAL ends
end() {
  local segment lsn
  for segment in $(ls -r "$PGDATA/pg_wal" | grep -xE '[0-9A-F]{24}'); do
    lsn=$({ pg_waldump --path "$PGDATA/pg_wal" "$segment" 2>/dev/null || true; } | sed -nE '$s/.*lsn: ([^,]*),.*/\1/p')
    [ -z "$lsn" ] || { echo "timeline $((16#${segment:0:8})), LSN $lsn"; return; }
  done
}

credentials.sh
major-version.sh
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  if [[ $HOSTNAME == *-0 ]]; then
    # what it creates comes from the repository, if that holds a backup
    until led || repository; do pause; done
    # an interrupted start leaves its claim, and Patroni would wait for it for ever
    led || state forget 2>/dev/null || true
  else
    # Only the first member creates a cluster. Otherwise an empty member could, while the first one holds the data of a single instance.
    until led; do pause; done
  fi
elif [ -e "$PGDATA/patroni.dynamic.json" ] && ! known; then
  # Without the state, the first member to start would lead, even if it lacks acknowledged writes that another one has.
  cat >&2 <<END
The state of the cluster can not be found in the Endpoints $CLUSTER-config, and no leader answers. This member waits, because another
one may have writes that it lacks. Its data end at $(end).
If the state is lost, compare this with the other members' logs, and let the member with the newest data lead:
  kubectl exec $HOSTNAME -c postgres -- touch $chosen
docs/operations/database-cluster.md, "The state is lost", has the whole procedure.
END
  until known 2>/dev/null; do pause; done
fi
{ echo "include '/etc/postgresql/postgresql.conf'"; memory.sh; } >/run/postgresql/member.conf
# all files of the folder, merged
exec patroni /etc/patroni
