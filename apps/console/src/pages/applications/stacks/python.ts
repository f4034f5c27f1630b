import { quoted, type Values } from './values.ts';

export const pythonWeb = ({ issuer, clientId, redirectUri, scope, resource }: Values): string => {
  const path = URL.parse(redirectUri)?.pathname ?? '/signed-in';
  return `# pip install Authlib Flask requests
import os

from authlib.integrations.flask_client import OAuth
from flask import Flask, redirect, session

app = Flask(__name__)
app.secret_key = os.environ["SESSION_KEY"]
# ports of localhost share cookies, and this service has one named session
app.config["SESSION_COOKIE_NAME"] = "app_session"
auth = OAuth(app).register(
    "auth",
    client_id=${quoted(clientId)},
    client_secret=os.environ["CLIENT_SECRET"],
    server_metadata_url=${quoted(`${issuer}/.well-known/openid-configuration`)},
    client_kwargs={"scope": ${quoted(scope)}, "code_challenge_method": "S256"},
)


@app.get("/sign-in")
def sign_in():
    return auth.authorize_redirect(${quoted(redirectUri)}${resource === undefined ? '' : `, resource=${quoted(resource)}`})


@app.get(${quoted(path)})
def signed_in():
    token = auth.authorize_access_token()
    session["person"] = token["userinfo"]["sub"]
    return redirect("/")
`;
};

export const pythonMachine = ({ issuer, clientId, scope, resource }: Values): string => `# pip install Authlib requests
import os

from authlib.integrations.requests_client import OAuth2Session

client = OAuth2Session(${quoted(clientId)}, os.environ["CLIENT_SECRET"]${scope ? `, scope=${quoted(scope)}` : ''})
token = client.fetch_token(
    ${quoted(`${issuer}/openid/token`)},
    grant_type="client_credentials",${resource === undefined ? '' : `\n    resource=${quoted(resource)},`}
)
print(token["expires_in"])
`;
