"""Gives each request that needs one an access token of a new session, because some requests end their session. Sends lines of JSON."""

import secrets

import requests
import schemathesis

PASSWORD = "violet-otter-hums-42-songs"


@schemathesis.serializer("application/x-ndjson")
def serialize_lines(context, value):
    return value if isinstance(value, bytes) else str(value).encode()


@schemathesis.auth(refresh_interval=None)
class NewSession:
    def get(self, case, context):
        if not case.operation.definition.raw.get("security"):
            return None
        base = case.operation.base_url.rstrip("/")
        credentials = {"email": f"{secrets.token_hex(8)}@example.com", "password": PASSWORD}
        requests.post(f"{base}/auth/register", json=credentials, timeout=60).raise_for_status()
        login = requests.post(f"{base}/auth/login", json=credentials, timeout=60)
        login.raise_for_status()
        return login.json()["access_token"]

    def set(self, case, token, context):
        case.headers["Authorization"] = f"Bearer {token}"
