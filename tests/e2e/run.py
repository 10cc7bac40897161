"""`make e2e`: template.yaml on an emulator of AWS, and everything that it promises asked for through its gateways.

The judge is ministack, an independent emulator of CloudFormation, Lambda, API Gateway, DynamoDB, Secrets Manager and
IAM, with enforcement on: the authorizer's own binary runs under a Lambda runtime API with the role of the template,
and the gateways apply the policies that it returns. Tokens are issued by `edge`, by an operator whose rights are those
that docs/deploy.md gives operators; the shell and the snippets of that page are run as they stand there. Nothing leaves
the loopback interface.

It needs what `make build` makes, and prints what was asked, what was answered and why.
"""

import json
import pathlib
import sys
import tempfile
import time

import apps
import demonstration
import matrix
from apps import App
from attach import attached
from auth import asked_by_apps
from answers import CONTACT, DEAL, OTHER_CONTACT, Ask, ask
from attach import attached
from door import HTTP, REST, Doors, is_runtimes, parsed
from emulator import Emulator
from people import ACME, EDGE, GLOBEX, LIMITED, OWNER, VIEWER, Deployer, Operator
from probe import probe
from report import Report
from role import prove_auth_narrow, prove_narrow
from stack import ROOT, Stack

# Long enough for the requests of a chapter on a busy machine, short enough to be waited for.
CACHE_SECONDS = 20
# The longest there is: all of the matrix is asked for within one lifetime.
MATRIX_CACHE_SECONDS = 3600
EXAMPLES = {"ExampleRestApi": "true", "ExampleHttpApi": "true", "TableDeletionProtection": "false"}
PLAIN = EXAMPLES | apps.PARAMETERS


def main() -> int:
    for name in ("authorizer", "auth-server"):
        if not (ROOT / f"target/lambda/{name}.zip").exists():
            raise SystemExit(f"there is no `target/lambda/{name}.zip`: `make build` makes it")
    if not EDGE.exists():
        raise SystemExit("there is no `target/debug/edge`: `cargo build` makes it")
    report = Report()
    with tempfile.TemporaryDirectory(prefix="edge-e2e-") as folder, Emulator(pathlib.Path(folder)) as emulator:
        stack = Stack(emulator)
        stack.deploy(**PLAIN, CacheSeconds=0)
        operator, doors = Operator(stack), Doors(stack)
        operator.settle()
        asked_each_time(operator, doors, report)
        changed_by_operators(operator, doors, report)
        asked_while_broken(stack, operator, doors, report)
        prove_narrow(stack, report)
        app = asked_by_apps(stack, operator, doors, report)
        prove_auth_narrow(stack, report)
        stack.deploy(**PLAIN, CacheSeconds=CACHE_SECONDS)
        asked_with_a_cache(operator, doors, report)
        revoked_with_a_cache(app, doors, report)
        key_rotated(stack, operator, doors, report)
        attached(stack, operator, doors, report)
        nothing_leaked(operator, app, doors, report)
        # Last, as it takes the authorization server out of the stack, and its log with it.
        matrix_and_probes(stack, operator, doors, report)
    return report.close()


def asked_each_time(operator: Operator, doors: Doors, report: Report):
    report.chapter("Without a cache (CacheSeconds=0): every request is decided")
    good = operator.token(ACME, OWNER, "contact.read", "contact.write")
    who = {"business_id": ACME, "user_id": OWNER, "token_type": "pat", "scopes": "contact.read contact.write"}
    text = good["token"]
    for asked in [
        Ask("no credentials", 401, [], http=401),
        Ask("another scheme", 401, [], headers={"Authorization": "Basic eDp5"}, http_reasons=["malformed"]),
        Ask("two tokens in one header", 401, [], headers={"Authorization": f"Bearer {text} {text}"},
            http_reasons=["malformed"]),
        Ask("a token of no known form", 401, ["malformed"], token="abc"),
        Ask("a mistyped token", 401, ["mistyped"], token=mistyped(text)),
        Ask("a token under a key that is not ours", 401, ["forged"], token=operator.forged()),
        Ask("a token whose record is gone", 401, ["unknown_token"], token=operator.forgotten()),
        Ask("an expired token", 401, ["expired"], token=operator.expired()),
        Ask("a revoked token", 401, ["revoked"], token=operator.revoked()),
        Ask("a token of a disabled user", 401, ["user_disabled"], token=operator.disabled),
        Ask("a token of a user who was removed", 401, ["unknown_user"], token=operator.removed),
        Ask("scope and role allow it", 200, ["allowed"], token=text, shows=who),
        Ask("the first token of docs/deploy.md", 200, ["allowed"], token=operator.first_token()),
        Ask("a token and records that were made by hand", 200, ["allowed"], token=operator.handmade()),
        Ask("the scheme in lower case", 200, ["allowed"], headers={"Authorization": f"bearer {text}"}),
        Ask("a verb that the scope does not cover", 403, ["scope"], token=text, verb="DELETE"),
        Ask("a resource that the scope does not name", 403, ["scope"], token=text, path=DEAL),
        Ask("the scope allows it and the role does not", 403, ["role"], verb="DELETE",
            token=operator.token(ACME, VIEWER, "contact.delete")["token"]),
        Ask("a feature that the tenant does not have", 403, ["feature"], path=DEAL,
            token=operator.token(GLOBEX, LIMITED, "deal.read")["token"]),
        Ask("a suspended tenant", 403, ["tenant_suspended"], token=operator.suspended),
        Ask("a path under one that is covered", 403, [], token=text, path=f"{CONTACT}/secrets", http=404, routed=False),
        Ask("a preflight, which carries no credentials", (200, 204), [], verb="OPTIONS",
            headers={"Origin": "https://app.example.com", "Access-Control-Request-Method": "GET"}),
    ]:  # fmt: skip
        ask(doors, report, asked)


def changed_by_operators(operator: Operator, doors: Doors, report: Report):
    report.chapter("What `edge` changes is so with the next request, and `edge explain` knows why")
    old = operator.token(ACME, OWNER, "contact.read")
    new = operator.rotate(old, overlap="0")
    ask(doors, report, Ask("a token that was rotated without an overlap", 401, ["revoked"], token=old["token"]))
    ask(doors, report, Ask("the one in its place", 200, ["allowed"], token=new["token"]))
    newer = operator.rotate(new, overlap="1h")
    ask(doors, report, Ask("a token that was rotated with an overlap", 200, ["allowed"], token=new["token"]))
    operator.edge("user", "put", OWNER, "--tenant", ACME, "--role", "owner", "--take", "contact.read")
    ask(doors, report, Ask("a permission taken from its user", 403, ["role"], token=newer["token"]))
    operator.edge("user", "put", OWNER, "--tenant", ACME, "--role", "owner")
    ask(doors, report, Ask("the same, given back", 200, ["allowed"], token=newer["token"]))
    denied = operator.token(ACME, VIEWER, "contact.delete")["token"]
    for token, verb, right in [(denied, "DELETE", "role"), (newer["token"], "GET", "allowed"), (old["token"], "GET", "revoked")]:
        reason = operator.explained(token, verb, CONTACT)
        report.row("edge", f"explains the answer to {verb}", reason, None if reason == right else f"expected {right}")


def asked_while_broken(stack: Stack, operator: Operator, doors: Doors, report: Report):
    report.chapter("While the store refuses the function: a fault, never a 401 and never an allow")
    token = operator.token(ACME, OWNER, "contact.read")["token"]
    iam, role = stack.client("iam"), stack.resources["AuthorizerRole"]
    deny = {"Effect": "Deny", "Action": "dynamodb:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    iam.put_role_policy(RoleName=role, PolicyName="broken", PolicyDocument=document)
    ask(doors, report, Ask("a good token", 500, ["store_refused"], token=token))
    ask(doors, report, Ask("a mistyped token, which needs no store", 401, ["mistyped"], token=mistyped(token)))
    iam.delete_role_policy(RoleName=role, PolicyName="broken")
    ask(doors, report, Ask("the same good token, with the store back", 200, ["allowed"], token=token))


def asked_with_a_cache(operator: Operator, doors: Doors, report: Report):
    report.chapter(f"With a cache (CacheSeconds={CACHE_SECONDS}): one decision is right for every route")
    for gateway in (REST, HTTP):
        issued = operator.token(ACME, OWNER, "contact.read")
        token = issued["token"]
        start = time.monotonic()
        for asked in [
            Ask("the first request of a token", 200, ["allowed"], token=token),
            Ask("another contact, from the cache", 200, [], token=token, path=OTHER_CONTACT),
            Ask("a list, from the cache", 200, [], token=token, path="/v1/contacts"),
            Ask("a DELETE of the same path, from the cache", 403, [], token=token, verb="DELETE"),
            Ask("a resource out of scope, from the cache", 403, [], token=token, path=DEAL),
        ]:
            ask(doors, report, asked, [gateway])
        operator.revoke(issued)
        ask(doors, report, Ask("after its revocation, within the TTL", 200, [], token=token), [gateway])
        if time.monotonic() - start > CACHE_SECONDS:
            report.note(f"this machine took longer than {CACHE_SECONDS} s for the rows above")
        time.sleep(max(0.0, start + CACHE_SECONDS + 1 - time.monotonic()))
        ask(doors, report, Ask("after its revocation and the TTL", 401, ["revoked"], token=token), [gateway])
        ask(doors, report, Ask("once more: a refusal is not cached", 401, ["revoked"], token=token), [gateway])
        denied = operator.token(ACME, VIEWER, "contact.delete")["token"]
        ask(doors, report, Ask("a denied request", 403, ["role"], token=denied, verb="DELETE"), [gateway])
        ask(doors, report, Ask("once more: a denial is cached", 403, [], token=denied, verb="DELETE"), [gateway])


def revoked_with_a_cache(app: App, doors: Doors, report: Report):
    report.chapter(f"An app's token with a cache (CacheSeconds={CACHE_SECONDS})")
    for gateway in (REST, HTTP):
        tokens = app.granted("contact.read")
        start = time.monotonic()
        ask(doors, report, Ask("an access token", 200, ["allowed"], token=tokens.access), [gateway])
        app.revoke(tokens)
        ask(doors, report, Ask("after its revocation, within the TTL", 200, [], token=tokens.access), [gateway])
        if time.monotonic() - start > CACHE_SECONDS:
            report.note(f"this machine took longer than {CACHE_SECONDS} s for the rows above")
        time.sleep(max(0.0, start + CACHE_SECONDS + 1 - time.monotonic()))
        ask(doors, report, Ask("after the TTL", 401, ["revoked"], token=tokens.access), [gateway])
    app.log = "\n".join(doors.lines("AuthLogGroupName"))


def matrix_and_probes(stack: Stack, operator: Operator, doors: Doors, report: Report):
    oauth = {"OAuthIssuer": demonstration.ISSUER, "OAuthAudience": demonstration.AUDIENCE}
    stack.deploy(**EXAMPLES, **oauth, AuthorizationServer="false", CacheSeconds=MATRIX_CACHE_SECONDS)
    issuer = demonstration.Issuer(operator)
    issuer.settle()
    matrix.walk(stack, issuer, doors, report)
    probe(stack, issuer, report)


def key_rotated(stack: Stack, operator: Operator, doors: Doors, report: Report):
    report.chapter("The key of the tokens is rotated by docs/deploy.md: the old one is read until it is dropped")
    deployer = Deployer(stack)
    old = operator.token(ACME, OWNER, "contact.read")["token"]
    stack.deploy(**PLAIN, CacheSeconds=0, **deployer.rotate_key())
    operator.read_key()
    new = operator.token(ACME, OWNER, "contact.read")["token"]
    ask(doors, report, Ask("a token under the previous key", 200, ["allowed"], token=old))
    ask(doors, report, Ask("a token under the current key", 200, ["allowed"], token=new))
    stack.deploy(**PLAIN, CacheSeconds=0, **deployer.drop_previous_key())
    ask(doors, report, Ask("the old token, with the previous key dropped", 401, ["forged"], token=old))
    ask(doors, report, Ask("the new token", 200, ["allowed"], token=new))


def nothing_leaked(operator: Operator, app: App, doors: Doors, report: Report):
    report.chapter("The function's log")
    others = [line for line in doors.lines() if parsed(line).get("message") != "decision" and not is_runtimes(line)]
    report.row("log", "has one line a decision and no other", f"{len(others)} others", others and others[0][:200] or None)
    lines = "\n".join(doors.lines())
    leaked = [token for token in operator.issued if token in lines]
    count = len(operator.issued)
    report.row("log", f"holds none of the {count} tokens", f"{len(lines)} characters", leaked and "a token is in it" or None)
    told = app.log
    leaked = [secret for secret in app.secrets if secret in told or secret in lines]
    count = len(app.secrets)
    report.row("log", f"nor the authorization server's any of {count} tokens, codes, cookies, passwords",
               f"{len(told)} characters", leaked and f"{leaked[0][:12]} is in it" or None)  # fmt: skip
    requests = [line for line in map(parsed, told.splitlines()) if line.get("message") == "request"]
    measured = [line for line in requests if line["_aws"]["CloudWatchMetrics"] and line["Latency"] > 0]
    report.row("log", "has a line of metrics for each request to the authorization server", f"{len(requests)} lines",
               None if requests and len(measured) == len(requests) else f"{len(measured)} have metrics")  # fmt: skip
    keys = [value for value in operator.keys if value in lines + told]
    report.row("log", "holds no key", f"{len(operator.keys)} keys", keys and "a key is in it" or None)


def mistyped(token: str) -> str:
    """The token with one character in its middle changed for another."""
    middle = len(token) // 2
    return token[:middle] + ("a" if token[middle] != "a" else "b") + token[middle + 1 :]


if __name__ == "__main__":
    sys.exit(main())
