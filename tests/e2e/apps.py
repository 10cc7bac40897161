"""An app, and the person at its browser, before the authorization server: the whole flow, and what must break it.

The issuer is the name that the template was given. The client plays its DNS and its TLS: what goes to the issuer goes
to the emulator's HTTP API.
"""

import base64
import dataclasses
import hashlib
import json
import re
import secrets
import time
from urllib.parse import parse_qs, urlsplit

import requests
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from people import ACME, OWNER, Operator
from stack import Stack

DOMAIN = "auth.example.com"
ISSUER = f"https://{DOMAIN}"
AUDIENCE = "https://api.example.com"
REDIRECT = "https://app.example.com/callback"
NAME, PASSWORD = "owner@example.com", secrets.token_urlsafe(16)
PARAMETERS = {"AuthorizationServer": "true", "AuthDomain": DOMAIN, "OAuthAudience": AUDIENCE}


def account(operator: Operator):
    """A local account, its password hashed by another implementation of argon2id, and whose user it is."""
    hashed = Argon2id(salt=secrets.token_bytes(16), length=32, iterations=2, lanes=1, memory_cost=19456)
    person = {"pk": f"IDENTITY#local#{NAME}"}
    operator.table.put_item(
        Item=person | {"sk": "ACCOUNT", "password": hashed.derive_phc_encoded(PASSWORD.encode())}
    )
    operator.table.put_item(Item=person | {"sk": f"TENANT#{ACME}", "user": OWNER})


@dataclasses.dataclass
class Tokens:
    access: str
    refresh: str
    scope: str


class App:
    """A public client, as it finds its way by the metadata alone."""

    def __init__(self, stack: Stack):
        self.stack = stack
        # Everything that nobody may find in a log.
        self.secrets = [PASSWORD]
        self.client = ""
        # What the server has logged.
        self.log = ""

    def url(self, address: str) -> str:
        """Where the emulator answers for an address of the issuer."""
        assert address.startswith(f"{ISSUER}/"), f"{address} is not the issuer's"
        return self.stack.auth_url() + address.removeprefix(ISSUER)

    def get(self, address: str, **more) -> requests.Response:
        return requests.get(self.url(address), allow_redirects=False, timeout=30, **more)

    def post(self, address: str, fields: dict, **more) -> requests.Response:
        return requests.post(self.url(address), data=fields, allow_redirects=False, timeout=30, **more)

    def metadata(self, **headers) -> dict:
        return self.get(f"{ISSUER}/.well-known/oauth-authorization-server", headers=headers).json()

    def keys(self) -> list:
        return [key["kid"] for key in self.get(self.metadata()["jwks_uri"]).json()["keys"]]

    def register(self) -> requests.Response:
        fields = {"redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none", "client_name": "Nightly"}
        answer = requests.post(self.url(self.metadata()["registration_endpoint"]), json=fields, timeout=30)
        self.client = answer.json().get("client_id", "")
        return answer

    def code(self, *scopes: str) -> tuple:
        """A code that the person at the browser has granted, and its verifier."""
        verifier = secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": self.client,
            "redirect_uri": REDIRECT,
            "scope": " ".join(scopes),
            "state": "a b+c/&=%",
            "resource": AUDIENCE,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        granted = self.grant(self.metadata()["authorization_endpoint"], asked, scopes)
        answer = {name: values[0] for name, values in parse_qs(urlsplit(granted).query).items()}
        assert granted.startswith(REDIRECT) and answer["state"] == asked["state"] and answer["iss"] == ISSUER, granted
        self.secrets += [answer["code"], verifier]
        return answer["code"], verifier

    def grant(self, address: str, asked: dict, scopes: tuple) -> str:
        """The person follows the link, signs in and allows. Where the browser is sent in the end."""
        page = self.get(address, params=asked)
        assert page.status_code == 303, f"{page.status_code} {page.text}"
        cookie, location = self.cookie(page), page.headers["Location"]
        handle = parse_qs(urlsplit(location).query)["request"][0]
        page = self.get(location, headers=cookie)
        assert page.status_code == 200 and "Nightly" in page.text, f"{page.status_code} {page.text}"
        here = {"Origin": ISSUER, "Sec-Fetch-Site": "same-origin"}
        signed_in = self.post(
            f"{ISSUER}/sign-in", {"request": handle, "name": NAME, "password": PASSWORD}, headers=cookie | here
        )
        assert signed_in.status_code == 303, f"{signed_in.status_code} {signed_in.text}"
        cookie = self.cookie(signed_in)
        page = self.get(signed_in.headers["Location"], headers=cookie)
        assert page.status_code == 200 and ACME in page.text, f"{page.status_code} {page.text}"
        form = {"request": handle, "tenant": ACME, "scope": list(scopes), "decision": "allow"}
        consent = self.post(f"{ISSUER}/consent", form, headers=cookie | here)
        assert consent.status_code == 303, f"{consent.status_code} {consent.text}"
        return consent.headers["Location"]

    def cookie(self, answer: requests.Response) -> dict:
        found = re.match(r"(__Host-session=([^;]+)); Path=/; HttpOnly; SameSite=Lax; Secure$", answer.headers["Set-Cookie"])
        assert found, f"the cookie is {answer.headers['Set-Cookie']!r}"
        self.secrets.append(found[2])
        return {"Cookie": found[1]}

    def redeem(self, code: tuple) -> requests.Response:
        fields = {"grant_type": "authorization_code", "code": code[0], "code_verifier": code[1], "redirect_uri": REDIRECT}
        return self.token(fields)

    def refresh(self, tokens: Tokens) -> requests.Response:
        return self.token({"grant_type": "refresh_token", "refresh_token": tokens.refresh})

    def token(self, fields: dict) -> requests.Response:
        return self.post(self.metadata()["token_endpoint"], fields | {"client_id": self.client})

    def revoke(self, tokens: Tokens) -> requests.Response:
        fields = {"client_id": self.client, "token": tokens.refresh}
        return self.post(self.metadata()["revocation_endpoint"], fields)

    def tokens(self, answer: requests.Response) -> Tokens:
        assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
        given = answer.json()
        self.secrets += [given["access_token"], given["refresh_token"]]
        return Tokens(given["access_token"], given["refresh_token"], given["scope"])

    def granted(self, *scopes: str) -> Tokens:
        return self.tokens(self.redeem(self.code(*scopes)))


def key_of(access: str) -> str:
    header = access.split(".")[0]
    return json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))["kid"]


def until(seconds: float, what) -> bool:
    """Whether it came to be, within that time."""
    end = time.monotonic() + seconds
    while not (came := what()) and time.monotonic() < end:
        time.sleep(2)
    return came
