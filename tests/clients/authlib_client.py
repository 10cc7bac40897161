"""Authlib runs the whole flow against a running installation, knowing the address of the API alone. A person's browser
is played by `requests`.

usage: authlib_client.py API NAME PASSWORD TENANT
"""

import sys
from urllib.parse import parse_qs, urlparse

import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session

API, NAME, PASSWORD, TENANT = sys.argv[1:]
CONTACTS = f"{API}/v1/contacts"
REDIRECT = "http://127.0.0.1:51004/callback"


def parameter(url, name):
    return parse_qs(urlparse(url).query)[name][0]


def grant(issuer, url, scopes):
    """The person at the browser: follows the link, signs in, allows."""
    browser = requests.Session()
    page = browser.get(url)
    assert page.status_code == 200 and "/sign-in" in page.url, (page.status_code, page.url)
    handle = parameter(page.url, "request")
    form = {"request": handle, "name": NAME, "password": PASSWORD}
    page = browser.post(f"{issuer}/sign-in", data=form)
    assert page.status_code == 200 and "/consent" in page.url, (page.status_code, page.url)
    form = {"request": handle, "tenant": TENANT, "scope": scopes, "decision": "allow"}
    answer = browser.post(f"{issuer}/consent", data=form, allow_redirects=False)
    assert answer.status_code == 303, answer.status_code
    return answer.headers["location"]


refused = requests.get(CONTACTS)
assert refused.status_code == 401, refused.status_code
challenge = refused.headers["www-authenticate"]
resource = requests.get(challenge.split('resource_metadata="')[1].split('"')[0]).json()
assert resource["resource"] == API, resource
[issuer] = resource["authorization_servers"]
metadata = requests.get(f"{issuer}/.well-known/oauth-authorization-server").json()
assert metadata["issuer"] == issuer

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
    answer = grant(issuer, url, ["contact.read", "deal.read"])
    assert parameter(answer, "iss") == issuer
    token = session.fetch_token(
        metadata["token_endpoint"], authorization_response=answer, code_verifier=verifier, state=state
    )
    assert token["scope"] == "contact.read deal.read", token["scope"]
    assert session.get(CONTACTS).json()["context"]["business_id"] == TENANT
    fresh = session.refresh_token(metadata["token_endpoint"], refresh_token=token["refresh_token"])
    assert fresh["refresh_token"] != token["refresh_token"]
    assert session.get(CONTACTS).status_code == 200
    revoked = session.revoke_token(metadata["revocation_endpoint"], token=fresh["refresh_token"])
    assert revoked.status_code == 200, revoked.text
    assert session.get(CONTACTS).status_code == 401
    print(method)
