"""The demonstration's tenants, users and tokens, written a second time from what they are said to be, so that the golden
matrix is decided here from records and tokens that nothing of the program under test has made.

Both kinds of token: personal ones, and access tokens of the product's own issuer, whose key is in the table.
"""

import dataclasses
import json
import secrets
import time

import token_format
from joserfc import jwt
from joserfc.jwk import ECKey
from people import DAY, Operator

ISSUER, AUDIENCE = "https://auth.example.com", "https://api.example.com"
ACME, GLOBEX, INITECH = "biz_6c1f9a1e7b3d2c4a6e8f1c01", "biz_6c1f9a1e7b3d2c4a6e8f1c02", "biz_6c1f9a1e7b3d2c4a6e8f1c03"
RESOURCES = ("contact", "company", "deal", "task", "note", "activity")
ACTIONS = ("read", "write", "delete", "all")
ADMINISTRATION = ["member.read", "member.write", "role.read", "role.write", "token.read", "token.revoke", "audit.read"]


def scopes() -> list:
    return [f"{resource}.{action}" for resource in RESOURCES for action in ACTIONS]


ROLES = {
    "admin": scopes() + ADMINISTRATION,
    "sales": (
        "contact.read contact.write company.read company.write deal.all task.all note.read note.write activity.read "
        "activity.write member.read"
    ).split(),
    "viewer": [f"{resource}.read" for resource in RESOURCES],
    "sync": "contact.all company.read company.write deal.read".split(),
}


@dataclasses.dataclass
class User:
    tenant: str
    id: str
    role: str
    kind: str = "person"
    status: str = "active"
    added: tuple = ()
    removed: tuple = ()


USERS = {
    "acme-admin": User(ACME, "usr_6c1f60718293a4b5c6d7e801", "admin"),
    "acme-sales": User(ACME, "usr_6c1f60718293a4b5c6d7e802", "sales", added=("note.delete",), removed=("task.delete",)),
    "acme-viewer": User(ACME, "usr_6c1f60718293a4b5c6d7e803", "viewer"),
    "acme-service": User(ACME, "usr_6c1f60718293a4b5c6d7e804", "sync", kind="service"),
    "acme-former": User(ACME, "usr_6c1f60718293a4b5c6d7e805", "sales", status="disabled"),
    "globex-admin": User(GLOBEX, "usr_6c1f60718293a4b5c6d7e806", "admin"),
    "initech-admin": User(INITECH, "usr_6c1f60718293a4b5c6d7e807", "admin"),
}


@dataclasses.dataclass
class Token:
    user: str
    scopes: list
    ended: str | None = None


EVERYTHING = [f"{resource}.all" for resource in RESOURCES]
TOKENS = {
    "admin-everything": Token("acme-admin", EVERYTHING),
    "admin-contacts": Token("acme-admin", ["contact.read", "contact.write"]),
    "sales-everything": Token("acme-sales", EVERYTHING),
    "sales-contacts": Token("acme-sales", ["contact.read", "contact.write", "contact.delete"]),
    "viewer-everything": Token("acme-viewer", EVERYTHING),
    "service-sync": Token("acme-service", ["contact.all", "deal.read", "company.write"]),
    "globex-everything": Token("globex-admin", EVERYTHING),
    "suspended-tenant": Token("initech-admin", EVERYTHING),
    "disabled-user": Token("acme-former", EVERYTHING),
    "expired": Token("acme-admin", EVERYTHING, "expired"),
    "revoked": Token("acme-admin", EVERYTHING, "revoked"),
}


class Issuer:
    """Writes the records, and issues tokens of either kind."""

    def __init__(self, operator: Operator):
        self.operator, self.key = operator, ECKey.generate_key("P-256", {"kid": "e2e"})

    def settle(self):
        for tenant, features, status in [(ACME, "all", "active"), (GLOBEX, ["crm"], "active"), (INITECH, "all", "suspended")]:
            self.write(tenant, "TENANT", status=status, features=features, roles=ROLES)
        for user in USERS.values():
            exceptions = {"added": list(user.added), "removed": list(user.removed)}
            self.write(user.tenant, f"USER#{user.id}", kind=user.kind, status=user.status, roles=[user.role], **exceptions)
        public = self.key.as_dict(private=False)
        self.operator.table.put_item(
            Item={"pk": f"KEY#{ISSUER}", "sk": f"KEY#{self.key.kid}", "jwk": json.dumps(public), "state": "active"}
        )

    def token(self, section: str, scopes: list, kind: str, row: str) -> str:
        """A token for a user and scopes, or for one of the demonstration's own, ended as that one is."""
        known = TOKENS[row] if section not in USERS else Token(section, scopes)
        issue = self.personal if kind == "pat" else self.access
        return issue(USERS[known.user], known)

    def personal(self, user: User, token: Token) -> str:
        text = token_format.issue(self.operator.environment["PAT_MAC_KEY"], user.tenant, user.id)
        created = int(time.time()) - (2 * DAY if token.ended == "expired" else 0)
        revoked = {"revoked": created} if token.ended == "revoked" else {}
        record = {"id": f"pat_{secrets.token_hex(8)}", "name": "e2e", "user": user.id, "scopes": token.scopes}
        times = {"created": created, "expires": created + DAY}
        self.write(user.tenant, f"PAT#{token_format.digest(text)}", **record, **times, **revoked)
        self.operator.issued.append(text)
        return text

    def access(self, user: User, token: Token) -> str:
        grant, now = f"grant_{secrets.token_hex(8)}", int(time.time())
        revoked = {"revoked": now} if token.ended == "revoked" else {}
        record = {"user": user.id, "client_id": "client_e2e", "scopes": token.scopes}
        self.write(user.tenant, f"GRANT#{grant}", **record, **revoked)
        issued = now - DAY if token.ended == "expired" else now
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": user.id,
            "business_id": user.tenant,
            "client_id": "client_e2e",
            "grant_id": grant,
            "scope": " ".join(token.scopes),
            "jti": secrets.token_hex(8),
            "iat": issued,
            "exp": issued + 3600,
        }
        header = {"typ": "at+jwt", "alg": "ES256", "kid": self.key.kid}
        text = jwt.encode(header, claims, self.key, algorithms=["ES256"])
        self.operator.issued.append(text)
        return text

    def write(self, tenant: str, sort_key: str, **attributes):
        self.operator.table.put_item(Item={"pk": f"TENANT#{tenant}", "sk": sort_key} | attributes)
