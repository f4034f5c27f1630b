"""Signs one person in by the auth service, and walks through what an application does with the tokens."""

import os
from http.server import BaseHTTPRequestHandler, HTTPServer

import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet

ISSUER = os.environ.get("ISSUER", "http://localhost:3000")
CLIENT_ID = os.environ.get("CLIENT_ID", "python-app")
CLIENT_SECRET = os.environ["CLIENT_SECRET"]
PORT = int(os.environ.get("PORT", "8082"))
APP_URL = os.environ.get("APP_URL", f"http://localhost:{PORT}")

TIMEOUT = 10


def get_json(url):
    answer = requests.get(url, timeout=TIMEOUT)
    answer.raise_for_status()
    return answer.json()


def wait_for_browser():
    """Returns the URL with which the browser comes back."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            found = self.path.startswith("/signed-in?")
            if found:
                self.server.answer = APP_URL + self.path
            self.send_response(200 if found else 404)
            self.end_headers()
            self.wfile.write(b"You can close this page.\n")

        def log_message(self, *_):
            """Writes no log: the path holds the code."""

    with HTTPServer(("127.0.0.1", PORT), Handler) as server:
        server.answer = None
        while server.answer is None:
            server.handle_request()
        return server.answer


def validate(token, nonce):
    """Returns the claims of an ID token; raises if it is not valid (OpenID Connect Core 3.1.3.7)."""
    keys = KeySet.import_key_set(get_json(provider["jwks_uri"]))
    decoded = jwt.decode(token["id_token"], keys, algorithms=["ES256"])
    expected = {"iss": {"essential": True, "value": ISSUER}, "aud": {"essential": True, "value": CLIENT_ID}}
    parameters = {"nonce": nonce, "client_id": CLIENT_ID, "access_token": token["access_token"]}
    claims = CodeIDToken(decoded.claims, decoded.header, expected, parameters)
    claims.validate(leeway=5)
    return claims


def is_active(token):
    answer = client.introspect_token(provider["introspection_endpoint"], token, "refresh_token")
    answer.raise_for_status()
    return answer.json()["active"]


provider = get_json(f"{ISSUER}/.well-known/openid-configuration")
if provider["issuer"] != ISSUER:
    raise SystemExit(f"the issuer is {provider['issuer']}")
client = OAuth2Session(
    CLIENT_ID,
    CLIENT_SECRET,
    scope="openid email profile",
    redirect_uri=f"{APP_URL}/signed-in",
    code_challenge_method="S256",
    default_timeout=TIMEOUT,
)

verifier, nonce = generate_token(48), generate_token(20)
url, state = client.create_authorization_url(provider["authorization_endpoint"], code_verifier=verifier, nonce=nonce)
print(f"Open {url}", flush=True)
answer = wait_for_browser()
token = client.fetch_token(
    provider["token_endpoint"], authorization_response=answer, state=state, code_verifier=verifier
)
print(f"Hello {validate(token, nonce)['email']}")

token = client.refresh_token(provider["token_endpoint"], token["refresh_token"])
person = client.get(provider["userinfo_endpoint"])
person.raise_for_status()
print(f"After a refresh, still {person.json()['email']}")

print(f"The refresh token is active: {is_active(token['refresh_token'])}")
client.revoke_token(provider["revocation_endpoint"], token["refresh_token"]).raise_for_status()
print(f"After its revocation: {is_active(token['refresh_token'])}")
