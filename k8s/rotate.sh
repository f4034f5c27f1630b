#!/bin/bash
# Replaces one secret of an environment while it serves.
# For Secrets that are kept in the cluster. For sealed ones, docs/operations/rotation.md describes which values to seal, in the same order.
set -euo pipefail
umask 077
usage='usage: rotate.sh NAMESPACE password|tls|signing-keys|key-encryption-keys|old-key-encryption-keys|passphrase'
[ $# = 2 ] || { echo "$usage" >&2; exit 2; }
namespace=$1 what=$2
here=$(cd "$(dirname "$0")" && pwd)
plain=$(mktemp -d)
trap 'rm -rf "$plain"' EXIT

value() { kubectl get secret "$1" -n "$namespace" -o "jsonpath={.data.${2//./\\.}}" | base64 -d; }
# set_value SECRET KEY <VALUE: passes it in a file, so that it appears in no command line
set_value() {
  printf '{"data":{"%s":"%s"}}' "$2" "$(base64 -w0)" >"$plain/patch"
  kubectl patch secret "$1" -n "$namespace" --patch-file "$plain/patch" >/dev/null
}
restart() { # restart WHY [DEPLOYMENT...]
  local why=$1 name
  shift
  [ $# -gt 0 ] || return 0
  for name in "$@"; do kubectl rollout restart "deployment/$name" -n "$namespace" >/dev/null; done
  for name in "$@"; do kubectl rollout status "deployment/$name" -n "$namespace" --timeout=300s >/dev/null; done
  echo "restarted $*: $why"
}
# loaded SINCE WHAT STATEFULSET...: a changed Secret reaches a pod within about a minute, and each pod logs when it has loaded it
loaded() {
  local since=$1 what=$2 name pod
  shift 2
  for name in "$@"; do
    for pod in $(kubectl get pods -l "app.kubernetes.io/name=$name" -n "$namespace" -o name); do
      reloaded "$since" "$pod" || { echo "not in effect in $pod after 200 s: $what" >&2; exit 1; }
    done
  done
  echo "in effect: $what"
}
reloaded() { # reloaded SINCE POD
  for _ in $(seq 100); do
    ! kubectl logs "$2" -c pgbackrest -n "$namespace" --since-time="$1" 2>/dev/null | grep -q reloaded || return 0
    sleep 2
  done
  return 1
}
now() { date -u +%Y-%m-%dT%H:%M:%SZ; }
# certificates <PEM: one a line
certificates() { awk '/BEGIN/ { line = "" } { line = line $0 "|" } /END/ { print line }' | sort -u; }
# the namespaces of the environment: its own, and those of its other services
namespaces() {
  local environment
  environment=$(kubectl get namespace "$namespace" -o 'jsonpath={.metadata.labels.devopslocally/environment}')
  {
    echo "$namespace"
    [ -z "$environment" ] || kubectl get namespaces -l "app.kubernetes.io/part-of=devopslocally,devopslocally/environment=$environment" -o name
  } | sed 's#^namespace/##' | sort -u
}
# Secrets that hold a certificate of the file, as NAMESPACE SECRET: those of this project, and of services with their own database
trusting() {
  local name authority namespaces
  namespaces=$(namespaces)
  local namespace
  for namespace in $namespaces; do
    kubectl get secrets -n "$namespace" -o 'go-template={{range $s := .items}}{{range $k, $v := .data}}{{if eq $k "ca.crt"}}{{$s.metadata.name}} {{$v}}{{"\n"}}{{end}}{{end}}{{end}}' |
      while read -r name authority; do
        ! base64 -d <<<"$authority" | certificates | grep -xFf "$1" >/dev/null || echo "$namespace $name"
      done
  done
}
# trust AUTHORITIES WHY: for the Secrets in $plain/secrets, and the Deployments that mount them
trust() {
  local namespace secret
  while read -r namespace secret; do set_value "$secret" ca.crt <"$1"; done <"$plain/secrets"
  for namespace in $(cut -d ' ' -f 1 "$plain/secrets" | sort -u); do
    # shellcheck disable=SC2046 # lists of names
    restart "$2" $(mounting deployments $(sed -n "s/^$namespace //p" "$plain/secrets"))
  done
}
# mounting KIND SECRET...: workloads that mount one of them
mounting() {
  local kind=$1
  shift
  kubectl get "$kind" -n "$namespace" -o 'go-template={{range $d := .items}}{{range .spec.template.spec.volumes}}{{with .secret}}{{.secretName}} {{$d.metadata.name}}{{"\n"}}{{end}}{{with .projected}}{{range .sources}}{{with .secret}}{{.name}} {{$d.metadata.name}}{{"\n"}}{{end}}{{end}}{{end}}{{end}}{{end}}' |
    awk 'BEGIN { while (i++ < ARGC - 1) wanted[ARGV[i]]; ARGC = 1 } $1 in wanted { print $2 }' "$@" | sort -u
}
cli() { kubectl exec deployment/auth -n "$namespace" -c auth -- node dist/apps/auth/src/cli.js "$@"; }

echo "$what of the namespace $namespace in the kube context $(kubectl config current-context)"
case $what in
password)
  url=$(value auth database-url)
  [[ $url == postgresql://auth:* ]] && old=auth new=auth-alternate || { old=auth-alternate new=auth; }
  password=$(openssl rand -hex 32)
  since=$(now)
  printf %s "$password" | set_value postgres-credentials "$new"
  loaded "$since" "the password of $new" postgres
  printf %s "postgresql://$new:$password@${url#*@}" | set_value auth database-url
  restart "it logs in to the database as $new" auth
  since=$(now)
  openssl rand -hex 32 | tr -d '\n' | set_value postgres-credentials "$old"
  loaded "$since" "$old has a new random password" postgres
  ;;
tls)
  "$here/components/generated-secrets/generate.sh" "$plain/new" "$namespace"
  running=$(kubectl get pod postgres-0 -n "$namespace" --ignore-not-found -o 'jsonpath={.status.phase}')
  for secret in auth postgres-tls maintenance-tls; do
    if [ -n "$(kubectl get secret "$secret" -n "$namespace" --ignore-not-found -o name)" ]; then
      value "$secret" ca.crt
      echo
    elif [ "$secret" != auth ]; then
      # lost: the certificate of the new authority replaces it
      kubectl create secret generic "$secret" -n "$namespace" --from-file "$plain/new/$secret" >/dev/null
    fi
  done | certificates >"$plain/old"
  certificates <"$plain/new/auth/ca.crt" >"$plain/authorities"
  cat "$plain/old" >>"$plain/authorities"
  trusting "$plain/authorities" >"$plain/secrets"
  tr -s '|\n' '\n' <"$plain/authorities" >"$plain/both"
  since=$(now)
  trust "$plain/both" 'trusting the old and the new authority'
  # the members of a cluster and backup jobs authenticate to the database with certificates
  [ "$running" != Running ] || loaded "$since" 'the old and the new authority' $(mounting statefulsets postgres-tls)
  # a second later, which is as exact as the log is asked
  sleep 1
  since=$(now)
  for secret in maintenance-tls postgres-tls; do
    printf '{"data":{"tls.crt":"%s","tls.key":"%s"}}' "$(base64 -w0 "$plain/new/$secret/tls.crt")" "$(base64 -w0 "$plain/new/$secret/tls.key")" >"$plain/patch"
    kubectl patch secret "$secret" -n "$namespace" --patch-file "$plain/patch" >/dev/null
  done
  # a database that could not start without its certificate starts with the new one
  [ "$running" != Running ] || loaded "$since" 'the new certificates' $(mounting statefulsets postgres-tls)
  trust "$plain/new/auth/ca.crt" 'trusting the new authority only'
  ;;
signing-keys)
  cli keys rotate
  ;;
key-encryption-keys)
  # two commands: of one with both, only the last failure ends the script, and no old key would be written
  old=$(value auth key-encryption-keys)
  new=$(openssl rand -base64 32)
  # every pod must be able to read what any other writes
  printf '%s,%s' "$old" "$new" | set_value auth key-encryption-keys
  restart 'it decrypts with the old and the new key' auth
  printf '%s,%s' "$new" "$old" | set_value auth key-encryption-keys
  restart 'it encrypts with the new key' auth
  cli keys reencrypt
  echo 'Remove the old key with old-key-encryption-keys when the refresh tokens that were made with it have expired.'
  ;;
old-key-encryption-keys)
  keys=$(value auth key-encryption-keys)
  printf %s "${keys%%,*}" | set_value auth key-encryption-keys
  restart 'it has the newest key only' auth
  ;;
passphrase)
  since=$(now)
  "$here/components/generated-secrets/generate.sh" "$plain/new" "$namespace"
  set_value pgbackrest repository.conf <"$plain/new/pgbackrest/repository.conf"
  loaded "$since" 'the new repository; a full backup follows' $(mounting statefulsets pgbackrest)
  ;;
*)
  echo "$usage" >&2
  exit 2
  ;;
esac
