#!/usr/bin/env bash
# Walks through the life of a session: register, log in, read the account, refresh, log out.
# Usage: walk.sh [URL of the auth service]. Exits with 1 at the first answer that is not as expected.
set -euo pipefail

auth=${1:-http://127.0.0.1:3000}
email=ada-$(date +%s)-$RANDOM@example.com
credentials='{"email":"'$email'","password":"violet-otter-hums-42-songs"}'
json='content-type: application/json'

fail() {
  printf '%s\n' "$1" >&2
  exit 1
}

# step NAME STATUS TEXT CURL_ARGUMENTS...: makes a call; its answer must have the status, and the text in its body
step() {
  local name=$1 status=$2 text=$3 answer
  shift 3
  answer=$(curl --silent --show-error --max-time 10 --write-out '\n%{http_code}' "$@") || fail "$name: no answer"
  body=${answer%$'\n'*}
  [[ ${answer##*$'\n'} == "$status" && $body == *"$text"* ]] || fail "$name: expected $status $text, got $answer"
  printf '%s: %s\n' "$name" "$status"
}

# field NAME: a text of the last body
field() {
  sed -n 's/.*"'"$1"'":"\([^"]*\)".*/\1/p' <<<"$body"
}

step register 201 "$email" "$auth/auth/register" -H "$json" -d "$credentials"
step login 200 access_token "$auth/auth/login" -H "$json" -d "$credentials"
access=$(field access_token) refresh=$(field refresh_token)
step me 200 "$email" "$auth/auth/me" -H "authorization: Bearer $access"
step refresh 200 access_token "$auth/auth/refresh" -H "$json" -d '{"refresh_token":"'"$refresh"'"}'
access=$(field access_token)
step logout 204 '' -X POST "$auth/auth/logout" -H "authorization: Bearer $access"
step 'me after logout' 401 token_invalid "$auth/auth/me" -H "authorization: Bearer $access"
