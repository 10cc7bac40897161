"""The authorization server's chapters: deployed by the template, signing in KMS, before the gateways of the API."""

import json
import subprocess
import time

import requests

import apps
from answers import DEAL, Ask, ask
from apps import AUDIENCE, ISSUER, App, key_of, until
from door import Doors
from people import ACME, EDGE, OWNER, Operator
from report import Report
from stack import ROOT, Stack

# What an instance of the server believes of the keys, and a little.
KEYS_FRESH = 75

# What the authorizer waits between two looks for a key that it does not know, and a little.
COOL_DOWN = 32


def asked_by_apps(stack: Stack, operator: Operator, doors: Doors, report: Report) -> App:
    app = App(stack)
    apps.account(operator)
    before_there_is_a_key(stack, app, report)
    found_from_an_http_api(stack, report)
    flow(app, doors, report)
    introspected(stack, app, report)
    keys_rotated(stack, app, doors, report)
    kms_broken(stack, app, report)
    return app


def before_there_is_a_key(stack: Stack, app: App, report: Report):
    report.chapter("The authorization server, with its keys in KMS")
    lies = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "x y", "Forwarded": "host=evil.example"}
    metadata = app.metadata(**lies, **{"User-Agent": "é".encode()})
    expect(report, "the issuer is the configuration's, whatever a header says", metadata["issuer"], ISSUER)
    expect(report, "registration of a public client", app.register().status_code, 201)
    expect(report, "an exchange while there is no key", told(app.redeem(app.code("contact.read"))), NOT_NOW)
    edge(stack, "keys", "rotate", "--issuer", ISSUER, "--kms-key", stack.outputs["SigningKeyArn"])
    expect(report, "the template's key is published by `edge keys rotate`", len(app.keys()), 1)
    report.note(f"{COOL_DOWN} s, in which the authorizer does not ask for keys again")
    time.sleep(COOL_DOWN)


def found_from_an_http_api(stack: Stack, report: Report):
    """An HTTP API has no constant answers: the authorization server's function tells of the API, at the API's host."""
    answer = requests.get(f"{stack.http_url()}/.well-known/oauth-protected-resource", timeout=30)
    expect(report, "an HTTP API serves its metadata without a token", answer.status_code, 200)
    named = answer.json()
    named = [named["resource"], named["authorization_servers"]]
    expect(report, "they name the API and the issuer", named, [AUDIENCE, [ISSUER]])


def introspected(stack: Stack, app: App, report: Report):
    made = json.loads(edge(stack, "client", "create", "--name", "Gateway", "--may-introspect", "--json"))
    app.secrets.append(made["secret"])
    proof = (made["client"]["id"], made["secret"])
    tokens = app.granted("contact.read")

    def worth(token: str, proof: tuple) -> requests.Response:
        return app.post(app.metadata()["introspection_endpoint"], {"token": token}, auth=proof)

    found = worth(tokens.access, proof).json()
    expect(report, "an introspecting client learns what a token is worth", [found["active"], found.get("scope")], [True, "contact.read"])
    expect(report, "with a wrong secret it learns nothing", told(worth(tokens.access, (proof[0], "wrong"))), "401 invalid_client")
    app.revoke(tokens)
    for kind, token in [("access", tokens.access), ("refresh", tokens.refresh)]:
        expect(report, f"the {kind} token after the revocation", worth(token, proof).json(), {"active": False})


def flow(app: App, doors: Doors, report: Report):
    tokens = app.granted("contact.read", "contact.write")
    who = {"business_id": ACME, "user_id": OWNER, "token_type": "access_token", "client_id": app.client}
    ask(doors, report, Ask("an access token, within its scope", 200, ["allowed"], token=tokens.access, shows=who))
    ask(doors, report, Ask("beyond its scope", 403, ["scope"], token=tokens.access, path=DEAL))
    fresh = app.tokens(app.refresh(tokens))
    expect(report, "a refresh gives another refresh token", fresh.refresh != tokens.refresh, True)
    again = app.refresh(tokens)
    expect(report, "the same refresh once more: a lost answer", again.json().get("refresh_token") == fresh.refresh, True)
    ask(doors, report, Ask("the new access token", 200, ["allowed"], token=fresh.access))
    code = app.code("contact.read")
    stolen = app.tokens(app.redeem(code))
    expect(report, "a code that comes back", told(app.redeem(code)), "400 invalid_grant")
    ask(doors, report, Ask("the tokens of a code that came back", 401, ["revoked"], token=stolen.access))
    expect(report, "revocation", app.revoke(fresh).status_code, 200)
    ask(doors, report, Ask("an access token after the revocation", 401, ["revoked"], token=fresh.access))
    expect(report, "a refresh after the revocation", told(app.refresh(fresh)), "400 invalid_grant")


def keys_rotated(stack: Stack, app: App, doors: Doors, report: Report):
    tokens = app.granted("contact.read")
    # A new key in KMS, made, tagged and published by the command line; nothing is deployed.
    edge(stack, "keys", "rotate", "--issuer", ISSUER, "--ahead", "0")
    report.note(f"a key was rotated; up to {KEYS_FRESH} s for the running server to read it")
    fresh = tokens

    def another_key() -> bool:
        nonlocal fresh
        fresh = app.tokens(app.refresh(fresh))
        return key_of(fresh.access) != key_of(tokens.access)

    expect(report, "a rotated key signs without a deployment", until(KEYS_FRESH, another_key), True)
    # `--ahead 0` leaves no time in which the key is published and not used yet.
    report.note(f"{COOL_DOWN} s, in which the authorizer does not ask for keys again")
    time.sleep(COOL_DOWN)
    ask(doors, report, Ask("a token under the new key", 200, ["allowed"], token=fresh.access))
    ask(doors, report, Ask("a token under the old key", 200, ["allowed"], token=tokens.access))
    expect(report, "both keys are published", sorted(app.keys()), sorted(map(key_of, [tokens.access, fresh.access])))


def kms_broken(stack: Stack, app: App, report: Report):
    code, tokens = app.code("contact.read"), app.granted("contact.read")
    iam, role = stack.client("iam"), stack.resources["AuthServerRole"]
    deny = {"Effect": "Deny", "Action": "kms:Sign", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    iam.put_role_policy(RoleName=role, PolicyName="broken", PolicyDocument=document)
    answer = app.redeem(code)
    expect(report, "an exchange while KMS refuses", told(answer), NOT_NOW)
    expect(report, "it says when to try again", answer.headers.get("Retry-After"), "2")
    expect(report, "a refresh while KMS refuses", told(app.refresh(tokens)), NOT_NOW)
    iam.delete_role_policy(RoleName=role, PolicyName="broken")
    expect(report, "the same code, with KMS back", app.redeem(code).status_code, 200)
    expect(report, "the same refresh token, with KMS back", app.refresh(tokens).status_code, 200)


NOT_NOW = "503 temporarily_unavailable"


def told(answer) -> str:
    return f"{answer.status_code} {answer.json().get('error')}" if answer.status_code != 200 else "200"


def expect(report: Report, what: str, found, wanted):
    report.row("auth", what, str(found)[:60], None if found == wanted else f"expected {wanted!r}, and there was {found!r}")


def edge(stack: Stack, *arguments: str) -> str:
    """`edge`, as an operator types it."""
    command = [EDGE, *arguments, "--table", stack.table, "--by", "e2e"]
    run = subprocess.run(command, cwd=ROOT, env=stack.emulator.environment(), capture_output=True, text=True)
    if run.returncode:
        raise SystemExit(f"edge {' '.join(arguments)} failed:\n{run.stdout}\n{run.stderr}")
    return run.stdout
