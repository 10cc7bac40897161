"""Tenants, users and tokens, as a product writes them that owns its roles: the records of docs/records.md.

Nothing of the program under test makes them, so that the records and the form of tokens are read by one who did not
write them. `edge` takes this over when it has the commands for operators.
"""

import json
import secrets
import time

import token_format
from stack import Stack

# A tenant with everything, one without the feature `sales`, and one that is suspended.
ACME, GLOBEX, INITECH = "biz_5f0c9a1e7b3d2c4a6e8f1b01", "biz_5f0c9a1e7b3d2c4a6e8f1b02", "biz_5f0c9a1e7b3d2c4a6e8f1b03"
OWNER, VIEWER, LIMITED = "usr_0a1b2c3d4e5f60718293a401", "usr_0a1b2c3d4e5f60718293a402", "usr_0a1b2c3d4e5f60718293a403"
DISABLED, REMOVED = "usr_0a1b2c3d4e5f60718293a404", "usr_0a1b2c3d4e5f60718293a405"
RESOURCES = ("activity", "company", "contact", "deal", "note", "task")
ROLES = {
    "owner": [f"{resource}.all" for resource in RESOURCES],
    "viewer": [f"{resource}.read" for resource in RESOURCES],
}
DAY = 86_400


class Operator:
    """Someone who may write the table and read the secret of the tokens' key."""

    def __init__(self, stack: Stack):
        self.stack = stack
        self.table = stack.session.resource("dynamodb", endpoint_url=stack.emulator.url).Table(stack.table)
        # Every token and key of the run, to search the log for.
        self.issued, self.keys = [], []
        found = stack.client("secretsmanager").get_secret_value(SecretId=stack.outputs["PatMacKeyArn"])
        self.adopt(json.loads(found["SecretString"]))

    def settle(self):
        """Tenants with their roles, users, and the tokens of those who may use none."""
        self.tenant(ACME, features="all")
        self.tenant(GLOBEX, features=["crm"])
        self.tenant(INITECH, features="all", status="suspended")
        self.user(ACME, OWNER, "owner")
        self.user(ACME, VIEWER, "viewer")
        self.user(ACME, DISABLED, "owner", status="disabled")
        self.user(GLOBEX, LIMITED, "owner")
        self.user(INITECH, OWNER, "owner")
        self.disabled = self.token(ACME, DISABLED, "contact.read")["token"]
        self.removed = self.token(ACME, REMOVED, "contact.read")["token"]
        self.suspended = self.token(INITECH, OWNER, "contact.read")["token"]

    def tenant(self, tenant: str, features: str | list, status: str = "active"):
        self.write(tenant, "TENANT", status=status, features=features, roles=ROLES)

    def user(self, tenant: str, user: str, role: str, status: str = "active"):
        self.write(tenant, f"USER#{user}", kind="person", status=status, roles=[role])

    def token(self, tenant: str, user: str, *scopes: str, key: str | None = None) -> dict:
        """A token and its record; `key` is another than the function's."""
        token = token_format.issue(key or self.secret["current"], tenant, user)
        self.issued.append(token)
        sort_key, now = f"PAT#{token_format.digest(token)}", int(time.time())
        self.write(
            tenant,
            sort_key,
            id=f"pat_{secrets.token_hex(8)}",
            name="e2e",
            user=user,
            scopes=list(scopes),
            created=now,
            expires=now + DAY,
        )
        return {"token": token, "key": {"pk": f"TENANT#{tenant}", "sk": sort_key}}

    def revoke(self, issued: dict):
        self.table.update_item(Key=issued["key"], UpdateExpression="SET revoked = created")

    def revoked(self) -> str:
        issued = self.token(ACME, OWNER, "contact.read")
        self.revoke(issued)
        return issued["token"]

    def forged(self) -> str:
        """A token that is right in every respect and known to the table, under a key that is not the function's."""
        return self.token(ACME, OWNER, "contact.read", key=new_key())["token"]

    def forgotten(self) -> str:
        issued = self.token(ACME, OWNER, "contact.read")
        self.table.delete_item(Key=issued["key"])
        return issued["token"]

    def expired(self) -> str:
        issued = self.token(ACME, OWNER, "contact.read")
        self.table.update_item(Key=issued["key"], UpdateExpression="SET expires = created")
        return issued["token"]

    def write(self, tenant: str, sort_key: str, **attributes):
        self.table.put_item(Item={"pk": f"TENANT#{tenant}", "sk": sort_key} | attributes)

    def rotate(self) -> str:
        """A new key, with the old one still read. The version of the secret that says so."""
        return self.put({"current": new_key(), "previous": self.secret["current"]})

    def drop_previous(self) -> str:
        return self.put(self.secret | {"previous": "none"})

    def put(self, secret: dict) -> str:
        self.adopt(secret)
        put = self.stack.client("secretsmanager").put_secret_value(
            SecretId=self.stack.outputs["PatMacKeyArn"], SecretString=json.dumps(secret)
        )
        return put["VersionId"]

    def adopt(self, secret: dict):
        self.secret = secret
        self.keys.append(secret["current"])


def new_key() -> str:
    return secrets.token_hex(32)
