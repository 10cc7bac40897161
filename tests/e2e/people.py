"""Tenants, users and tokens, made by an operator with `edge`, under the policy that docs/deploy.md gives operators.

What `edge` does not do, and a product that owns its users may, is done to the table by hand: a record is deleted, and
one token with its records is made from their descriptions alone.
"""

import json
import subprocess
import time

import token_format
from emulator import ACCOUNT, REGION
from manual import Shell, block
from stack import ROOT, Stack

# A tenant with everything, one without the feature `sales`, one that is suspended, and one that no `edge` made.
ACME, GLOBEX, INITECH = "biz_5f0c9a1e7b3d2c4a6e8f1b01", "biz_5f0c9a1e7b3d2c4a6e8f1b02", "biz_5f0c9a1e7b3d2c4a6e8f1b03"
HANDMADE = "biz_5f0c9a1e7b3d2c4a6e8f1b04"
OWNER, VIEWER, LIMITED = "usr_0a1b2c3d4e5f60718293a401", "usr_0a1b2c3d4e5f60718293a402", "usr_0a1b2c3d4e5f60718293a403"
DISABLED, REMOVED = "usr_0a1b2c3d4e5f60718293a404", "usr_0a1b2c3d4e5f60718293a405"
RESOURCES = ("activity", "company", "contact", "deal", "note", "task")
ROLES = {
    "owner": [f"{resource}.all" for resource in RESOURCES],
    "viewer": [f"{resource}.read" for resource in RESOURCES],
}
DAY = 86_400
EDGE = ROOT / "target/debug/edge"


class Operator:
    """Someone who may change tenants' records and read the secret of the tokens' key, and nothing else."""

    def __init__(self, stack: Stack):
        self.stack = stack
        self.table = stack.session.resource("dynamodb", endpoint_url=stack.emulator.url).Table(stack.table)
        # Every token and key of the run, to search the log for.
        self.issued, self.keys = [], []
        self.environment = stack.emulator.environment(self.hired()) | {
            "EDGE_OPERATOR": "e2e",
            "EDGE_REFERENCE": str(ROOT / "target/lambda/api.pack.json"),
        }
        self.shell = Shell(self.environment)
        self.read_key()

    def hired(self) -> tuple:
        """The access key of a user with the page's policy."""
        iam = self.stack.client("iam")
        policy = block("The first token", "json")
        table = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{self.stack.table}"
        # The output is the ARN on AWS; the emulator's `Ref` of a secret is its name.
        secret = self.stack.client("secretsmanager").describe_secret(SecretId=self.stack.outputs["PatMacKeyArn"])["ARN"]
        policy = policy.replace("${TableArn}", table).replace("${PatMacKeyArn}", secret)
        iam.create_user(UserName="operator")
        iam.put_user_policy(UserName="operator", PolicyName="operate", PolicyDocument=policy)
        key = iam.create_access_key(UserName="operator")["AccessKey"]
        return key["AccessKeyId"], key["SecretAccessKey"]

    def read_key(self):
        """Reads where the table is and the key, as the page says."""
        table, key = self.shell.run('echo "$TABLE_NAME"; echo "$PAT_MAC_KEY"').splitlines()
        self.environment |= {"TABLE_NAME": table, "PAT_MAC_KEY": key}
        self.keys.append(key)

    def edge(self, *arguments, **variables) -> str:
        """What `edge` prints; a failure ends the run."""
        environment = self.environment | variables
        done = subprocess.run([EDGE, *arguments], env=environment, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"edge {' '.join(arguments[:2])} ended with {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout

    def settle(self):
        """Tenants with their roles, users, and the tokens of those who may use none."""
        self.tenant(ACME, "--all-features")
        self.tenant(GLOBEX, "--feature", "crm")
        self.tenant(INITECH, "--all-features")
        for tenant, user, role in [
            (ACME, OWNER, "owner"),
            (ACME, VIEWER, "viewer"),
            (ACME, DISABLED, "owner"),
            (ACME, REMOVED, "owner"),
            (GLOBEX, LIMITED, "owner"),
            (INITECH, OWNER, "owner"),
        ]:
            self.edge("user", "put", user, "--tenant", tenant, "--role", role)
        self.disabled = self.token(ACME, DISABLED, "contact.read")["token"]
        self.removed = self.token(ACME, REMOVED, "contact.read")["token"]
        self.suspended = self.token(INITECH, OWNER, "contact.read")["token"]
        self.edge("user", "disable", DISABLED, "--tenant", ACME)
        self.edge("tenant", "suspend", INITECH)
        self.delete(ACME, f"USER#{REMOVED}")

    def tenant(self, tenant: str, *features: str):
        self.edge("tenant", "create", tenant, *features)
        for role, permissions in ROLES.items():
            self.edge("role", "put", role, "--tenant", tenant, "--permission", ",".join(permissions))

    def token(self, tenant: str, user: str, *scopes: str, life: str = "1d", **variables) -> dict:
        """A new token and its id; `PAT_MAC_KEY` may be another than the function's."""
        arguments = ["--tenant", tenant, "--user", user, "--name", "e2e", "--expires", life, "--json"]
        answer = json.loads(self.edge("pat", "issue", *arguments, "--scope", ",".join(scopes), **variables))
        self.issued.append(answer["token"])
        return {"token": answer["token"], "id": answer["pat"]["id"], "tenant": tenant}

    def first_token(self) -> str:
        """The one that the page issues, to the letter."""
        token = self.shell.run(block("The first token", "sh") + 'echo "$TOKEN"').splitlines()[-1]
        self.issued.append(token)
        return token

    def revoke(self, issued: dict):
        self.edge("pat", "revoke", issued["id"], "--tenant", issued["tenant"])

    def rotate(self, issued: dict, overlap: str) -> dict:
        arguments = ["--tenant", issued["tenant"], "--overlap", overlap, "--json"]
        answer = json.loads(self.edge("pat", "rotate", issued["id"], *arguments))
        self.issued.append(answer["token"])
        return {"token": answer["token"], "id": answer["pat"]["id"], "tenant": issued["tenant"]}

    def revoked(self) -> str:
        issued = self.token(ACME, OWNER, "contact.read")
        self.revoke(issued)
        return issued["token"]

    def forged(self) -> str:
        """A token that is right in every respect and known to the table, under a key that is not the function's."""
        return self.token(ACME, OWNER, "contact.read", PAT_MAC_KEY="0123456789abcdef" * 4)["token"]

    def forgotten(self) -> str:
        token = self.token(ACME, OWNER, "contact.read")["token"]
        self.delete(ACME, f"PAT#{token_format.digest(token)}")
        return token

    def expired(self) -> str:
        token = self.token(ACME, OWNER, "contact.read", life="1s")["token"]
        time.sleep(2)
        return token

    def handmade(self) -> str:
        """A token and its records, as docs/records.md and the published form of tokens describe them."""
        token, now = token_format.issue(self.environment["PAT_MAC_KEY"], HANDMADE, OWNER), int(time.time())
        self.issued.append(token)
        self.write("TENANT", status="active", features="all", roles={"reader": ["contact.read"]})
        self.write(f"USER#{OWNER}", kind="person", status="active", roles=["reader"])
        record = {"id": "pat_by_hand", "name": "by hand", "user": OWNER, "scopes": ["contact.read"]}
        self.write(f"PAT#{token_format.digest(token)}", **record, created=now, expires=now + DAY)
        return token

    def write(self, sort_key: str, **attributes):
        self.table.put_item(Item={"pk": f"TENANT#{HANDMADE}", "sk": sort_key} | attributes)

    def delete(self, tenant: str, sort_key: str):
        self.table.delete_item(Key={"pk": f"TENANT#{tenant}", "sk": sort_key})

    def explained(self, token: str, verb: str, path: str) -> str:
        """The reason that `edge explain` gives for that request; its exit code says whether it is allowed."""
        command = [EDGE, "explain", "--token", "-", "--json", verb, path]
        done = subprocess.run(command, env=self.environment, input=token, capture_output=True, text=True)
        reason = json.loads(done.stdout)["reason"]
        return reason if done.returncode == (reason != "allowed") else f"{reason}, and exit code {done.returncode}"


class Deployer:
    """The administrator who deploys and rotates the key, by the page."""

    def __init__(self, stack: Stack):
        self.shell = Shell(stack.emulator.environment())

    def rotate_key(self) -> dict:
        return self.parameters(block("Rotate the key", "sh", 0))

    def drop_previous_key(self) -> dict:
        # The functions of the block before it.
        functions = block("Rotate the key", "sh", 0).split("VERSION=")[0]
        return self.parameters(functions + block("Rotate the key", "sh", 1))

    def parameters(self, script: str) -> dict:
        """The parameters that the script would deploy with."""
        asked = self.shell.run(script).splitlines()[-1]
        given = asked.removeprefix("make deploy PARAMETERS=")
        return dict(pair.split("=", 1) for pair in given.split())
