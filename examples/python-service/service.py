"""A service that identifies its callers by the auth service's access tokens."""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt

AUTH_URL = os.environ.get("AUTH_URL", "http://localhost:3000")
ISSUER = os.environ.get("TOKEN_ISSUER", "http://localhost:3000")
AUDIENCE = os.environ.get("TOKEN_AUDIENCE", "devopslocally")
PORT = int(os.environ.get("PORT", "3001"))

# Caches the key set for 5 minutes. Fetches it early for an unknown key id, at most every 30 seconds.
keys = jwt.PyJWKClient(f"{AUTH_URL}/.well-known/jwks.json", timeout=2)


def verify(token):
    """Returns the claims of a person's access token; raises jwt.PyJWTError for any other token."""
    verified = jwt.decode_complete(
        token,
        keys.get_signing_key_from_jwt(token),
        algorithms=["ES256"],
        issuer=ISSUER,
        audience=AUDIENCE,
        leeway=5,
        # a service account's token has no `sid`
        options={"require": ["iss", "aud", "exp", "sub", "sid"]},
    )
    # RFC 9068: a JWT of another type is not an access token
    if verified["header"].get("typ") != "at+jwt":
        raise jwt.InvalidTokenError("not an access token")
    # RFC 9449: a token that is bound to a key needs a proof of that key, which this service does not verify
    if "cnf" in verified["payload"]:
        raise jwt.InvalidTokenError("bound to a key")
    return verified["payload"]


class NotesHandler(BaseHTTPRequestHandler):
    def do_GET(self):
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            self.answer(401, {"code": "token_missing"})
            return
        try:
            claims = verify(token)
        except jwt.PyJWKClientConnectionError:
            self.answer(503, {"code": "keys_unavailable"})
        except jwt.PyJWTError:
            self.answer(401, {"code": "token_invalid"})
        else:
            self.answer(200, {"owner": claims["sub"], "notes": []})

    def answer(self, status, body):
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        if status == 401:
            self.send_header("www-authenticate", "Bearer")
        self.end_headers()
        self.wfile.write(content)


server = ThreadingHTTPServer(("127.0.0.1", PORT), NotesHandler)
print(f"notes are served at http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
