"""`edge probe` against the deployed stages: the requests that settle the readings, sent and told apart."""

import json
import os
import subprocess

from demonstration import USERS, Issuer, Token
from people import EDGE
from report import Report
from stack import ROOT, Stack


def probe(stack: Stack, issuer: Issuer, report: Report):
    report.chapter("edge probe: what the emulator's gateways make of odd paths")
    plan = json.loads(edge("probe", "--json").stdout)
    tokens = [issuer.personal(USERS["acme-admin"], Token("acme-admin", plan[name])) for name in ("wide", "narrow")]
    for gateway, url in (("REST", stack.rest_url()), ("HTTP", stack.http_url())):
        run = edge("probe", "--json", "--url", url, "--header", "Version: 2026-06-01",
                   EDGE_PROBE_WIDE=tokens[0], EDGE_PROBE_NARROW=tokens[1])  # fmt: skip
        found = [json.loads(line) for line in run.stdout.splitlines()]
        asked = [(line["reading"], it) for line in found for it in line["probes"]]
        for _, it in asked:
            report.row(gateway, it["path"], it["finding"], None)
        expected = [(it["reading"], it["path"]) for it in plan["probes"]]
        good = run.returncode == 0 and [(reading, it["path"]) for reading, it in asked] == expected
        problem = None if good else f"exit code {run.returncode}, {run.stderr[-300:]!r}"
        report.row(gateway, "each reading is settled", f"{len(asked)} requests, two tokens", problem)


def edge(*arguments: str, **variables: str) -> subprocess.CompletedProcess:
    return subprocess.run([EDGE, *arguments], cwd=ROOT, env=os.environ | variables, capture_output=True, text=True)
