"""Tenants, users and tokens, made as an operator makes them: with `edge`, against the stack's table."""

import json
import secrets
import subprocess

from stack import ROOT, Stack

EDGE = ROOT / "target" / "debug" / "edge"

# A tenant with everything, one without the feature `sales`, and one that is suspended.
ACME, GLOBEX, INITECH = "biz_5f0c9a1e7b3d2c4a6e8f1b01", "biz_5f0c9a1e7b3d2c4a6e8f1b02", "biz_5f0c9a1e7b3d2c4a6e8f1b03"
OWNER, VIEWER, LIMITED = "usr_0a1b2c3d4e5f60718293a401", "usr_0a1b2c3d4e5f60718293a402", "usr_0a1b2c3d4e5f60718293a403"
DISABLED, REMOVED = "usr_0a1b2c3d4e5f60718293a404", "usr_0a1b2c3d4e5f60718293a405"
RESOURCES = ("activity", "company", "contact", "deal", "note", "task")


class Operator:
    """Someone with `edge` on his machine, who knows the table's name and may read the secret of the tokens' key."""

    def __init__(self, stack: Stack):
        self.stack = stack
        self.issued = []
        self.keys = []
        found = stack.client("secretsmanager").get_secret_value(SecretId=stack.outputs["PatMacKeyArn"])
        self.adopt(json.loads(found["SecretString"]))

    def settle(self):
        """Tenants, roles and users."""
        for tenant, features in [(ACME, ["all"]), (GLOBEX, ["crm"]), (INITECH, ["all"])]:
            self.edge("tenant", "create", tenant)
            self.edge("tenant", "features", tenant, *features)
            everything = [f"{resource}.all" for resource in RESOURCES]
            self.edge("role", "put", "--tenant", tenant, "owner", *everything)
            self.edge("role", "put", "--tenant", tenant, "viewer", *(f"{resource}.read" for resource in RESOURCES))
        for tenant, user, role in [
            (ACME, OWNER, "owner"),
            (ACME, VIEWER, "viewer"),
            (ACME, DISABLED, "owner"),
            (ACME, REMOVED, "owner"),
            (GLOBEX, LIMITED, "owner"),
            (INITECH, OWNER, "owner"),
        ]:
            self.edge("user", "put", "--tenant", tenant, user, "--role", role)
        self.suspended = self.token(INITECH, OWNER, "contact.read")["token"]
        self.disabled = self.token(ACME, DISABLED, "contact.read")["token"]
        self.removed = self.token(ACME, REMOVED, "contact.read")["token"]
        self.edge("tenant", "suspend", INITECH)
        self.edge("user", "disable", "--tenant", ACME, DISABLED)
        self.edge("user", "remove", "--tenant", ACME, REMOVED)

    def token(self, tenant: str, user: str, *scopes: str, key: str | None = None) -> dict:
        """Issues a token: its text, shown this once, and its id."""
        asked = [part for scope in scopes for part in ("--scope", scope)]
        issued = self.edge("pat", "issue", "--tenant", tenant, "--user", user, "--name", "e2e", *asked, key=key)
        self.issued.append(issued["token"])
        return issued

    def revoke(self, tenant: str, token_id: str):
        self.edge("pat", "revoke", "--tenant", tenant, token_id)

    def revoked(self) -> str:
        issued = self.token(ACME, OWNER, "contact.read")
        self.revoke(ACME, issued["id"])
        return issued["token"]

    def forged(self) -> str:
        """A token that is right in every respect and known to the table, under a key that is not the function's."""
        return self.token(ACME, OWNER, "contact.read", key=new_key())["token"]

    def forgotten(self) -> str:
        issued = self.token(ACME, OWNER, "contact.read")
        table, key = self.record(issued["id"])
        table.delete_item(Key=key)
        return issued["token"]

    def expired(self) -> str:
        issued = self.token(ACME, OWNER, "contact.read")
        table, key = self.record(issued["id"])
        table.update_item(Key=key, UpdateExpression="SET expires = created")
        return issued["token"]

    def record(self, token_id: str) -> tuple:
        """Where a token's record is: what `edge` refuses to do to it is done with the table's own tools."""
        table = self.stack.session.resource("dynamodb", endpoint_url=self.stack.emulator.url).Table(self.stack.table)
        items = table.query(
            KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
            ExpressionAttributeValues={":pk": f"TENANT#{ACME}", ":sk": "PAT#"},
        )["Items"]
        found = next(item for item in items if item["id"] == token_id)
        return table, {"pk": found["pk"], "sk": found["sk"]}

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

    def edge(self, *arguments: str, key: str | None = None) -> dict:
        environment = self.stack.emulator.environment() | {"PAT_MAC_KEY": key or self.secret["current"]}
        command = [EDGE, "--json", *arguments, "--table", self.stack.table]
        run = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=ROOT)
        if run.returncode:
            raise SystemExit(f"`edge {' '.join(arguments)}` failed: {run.stderr}")
        return json.loads(run.stdout) if run.stdout.strip() else {}


def new_key() -> str:
    return secrets.token_hex(32)
