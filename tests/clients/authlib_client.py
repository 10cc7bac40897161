"""Authlib runs the whole flow against a running authorization server. A person's browser is played by `requests`.

usage: authlib_client.py ISSUER NAME PASSWORD TENANT
"""

import sys
from urllib.parse import parse_qs, urlparse

import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session

ISSUER, NAME, PASSWORD, TENANT = sys.argv[1:]
REDIRECT = "http://127.0.0.1:51004/callback"


def parameter(url, name):
    return parse_qs(urlparse(url).query)[name][0]


def grant(url, scopes):
    """The person at the browser: follows the link, signs in, allows."""
    browser = requests.Session()
    page = browser.get(url)
    assert page.status_code == 200 and "/sign-in" in page.url, (page.status_code, page.url)
    handle = parameter(page.url, "request")
    form = {"request": handle, "name": NAME, "password": PASSWORD}
    page = browser.post(f"{ISSUER}/sign-in", data=form)
    assert page.status_code == 200 and "/consent" in page.url, (page.status_code, page.url)
    form = {"request": handle, "tenant": TENANT, "scope": scopes, "decision": "allow"}
    answer = browser.post(f"{ISSUER}/consent", data=form, allow_redirects=False)
    assert answer.status_code == 303, answer.status_code
    return answer.headers["location"]


metadata = requests.get(f"{ISSUER}/.well-known/oauth-authorization-server").json()
assert metadata["issuer"] == ISSUER

for method in metadata["token_endpoint_auth_methods_supported"]:
    registered = requests.post(
        metadata["registration_endpoint"],
        json={"redirect_uris": ["http://127.0.0.1/callback"], "token_endpoint_auth_method": method},
    )
    assert registered.status_code == 201, registered.text
    client = registered.json()
    session = OAuth2Session(
        client["client_id"],
        client.get("client_secret"),
        token_endpoint_auth_method=method,
        revocation_endpoint_auth_method=method,
        scope="contact.read deal.read offline_access",
        redirect_uri=REDIRECT,
        code_challenge_method="S256",
    )
    verifier = generate_token(64)
    url, state = session.create_authorization_url(metadata["authorization_endpoint"], code_verifier=verifier)
    answer = grant(url, ["contact.read", "deal.read"])
    assert parameter(answer, "iss") == ISSUER
    token = session.fetch_token(
        metadata["token_endpoint"], authorization_response=answer, code_verifier=verifier, state=state
    )
    assert token["scope"] == "contact.read deal.read", token["scope"]
    fresh = session.refresh_token(metadata["token_endpoint"], refresh_token=token["refresh_token"])
    assert fresh["refresh_token"] != token["refresh_token"]
    revoked = session.revoke_token(metadata["revocation_endpoint"], token=fresh["refresh_token"])
    assert revoked.status_code == 200, revoked.text
    print(fresh["access_token"])
