"""The golden matrix (tests/golden-matrix.txt) at both gateways: each distinct policy is asked about every operation, in
one lifetime of the cache and in a shuffled order.

Rows of one kind of token whose policies are the same to the byte are asked for once: the gateway sees nothing else of a
decision. Their policies are fetched from the function itself, and all of them, row by row, are judged by the emulator's
IAM engine first.

A fault is no verdict: the function says so when the emulator's store or its own machine kept it waiting, and a caller
asks again. So does the walk, once; more than a few of them in a walk are a finding. A refusal that nobody expected counts
as one, and is told.
"""

import concurrent.futures
import json
import random
import re
import threading

import demonstration
import yaml
from demonstration import TOKENS
from door import HTTP, REST, Doors
from emulator import ACCOUNT, REGION
from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document
from report import Report
from stack import ROOT, STAGE, Stack

FILE = ROOT / "tests/golden-matrix.txt"
DEMONSTRATION = "the demonstration's tokens"
KINDS = ("pat", "access")
WORKERS = 4
# As the guide's examples and the emulator differ: docs/only-aws.md.
REFUSED = {REST: (401,), HTTP: (401, 500)}
FAULTS_PER_THOUSAND = 5


class Row:
    """A token, and what the file says that it is told: the operations that are allowed, or the code of a 401."""

    def __init__(self, section: str, name: str, kind: str, told: str | set):
        self.section, self.name, self.kind, self.told = section, name, kind, told

    def __str__(self):
        return f"{self.section}, {self.name}, {self.kind}"

    def allows(self, operation: str) -> bool:
        return not isinstance(self.told, str) and operation in self.told


class Matrix:
    def __init__(self, text: str):
        sections = split(text)
        # Of each group of columns, letter and operation.
        groups = [line.split()[1:] for line in sections.pop("The operations")]
        self.operations = [list(zip(group[::2], group[1::2])) for group in groups]
        named = (line.split() for line in sections.pop("The scopes"))
        self.scopes = {name: scopes for name, *scopes in named}
        self.rows = [row for section, lines in sections.items() for line in lines for row in self.read(section, line)]

    def read(self, section: str, line: str) -> list:
        name, kind, cells = line[:19].strip(), *line[19:].split(maxsplit=1)
        told = cells.removeprefix("401 ") if cells.startswith("401 ") else self.allowed(cells.split())
        # What all rows of a user are told is one line.
        names = sorted(self.names()) if name == "any scopes" else [name]
        return [Row(section, it, of, told) for it in names for of in KINDS if kind in (of, "either")]

    def names(self) -> set:
        return {"no scope", *self.scopes, *demonstration.scopes()}

    def allowed(self, groups: list) -> set:
        assert len(groups) == len(self.operations), groups
        found = set()
        for group, operations in zip(groups, self.operations):
            assert len(group) == len(operations), group
            found |= {operation for cell, (letter, operation) in zip(group, operations) if cell == letter}
        return found

    def scopes_of(self, row: Row) -> list:
        if row.section == DEMONSTRATION:
            return TOKENS[row.name].scopes
        return [] if row.name == "no scope" else self.scopes.get(row.name, [row.name])


def split(text: str) -> dict:
    sections, current = {}, []
    for line in text.splitlines():
        if line.startswith("  "):
            current.append(line[2:])
        elif line and not line.startswith("#"):
            current = sections.setdefault(line.split("  ")[0], [])
    return sections


def requests() -> dict:
    """Of each operation a well-formed request: verb and path."""
    api = yaml.safe_load((ROOT / "api.yaml").read_text())
    found = {}
    for path, item in api["paths"].items():
        for verb, operation in item.items():
            if verb == "parameters":
                continue
            given = item.get("parameters", []) + operation.get("parameters", [])
            found[operation["operationId"]] = verb.upper(), filled(api, path, given)
    return found


def resolved(api: dict, node: dict) -> dict:
    for name in node.get("$ref", "").split("/")[1:]:
        api = api[name]
    return api if "$ref" in node else node


def filled(api: dict, path: str, parameters: list) -> str:
    for parameter in (resolved(api, it) for it in parameters):
        if parameter["in"] == "path":
            pattern = resolved(api, parameter["schema"])["pattern"]
            prefix, digits = re.fullmatch(r"\^(\w*)\[0-9a-f\]\{(\d+)\}\$", pattern).groups()
            path = path.replace("{%s}" % parameter["name"], prefix + "8f2a1c9b" * (int(digits) // 8))
    return path


class Walk:
    def __init__(self, stack: Stack, issuer, doors: Doors, report: Report):
        self.stack, self.doors, self.report = stack, doors, report
        self.matrix, self.requests = Matrix(FILE.read_text()), requests()
        self.functions = stack.client("lambda")
        scopes_of = self.matrix.scopes_of
        self.tokens = {row: issuer.token(row.section, scopes_of(row), row.kind, row.name) for row in self.matrix.rows}
        self.locks = {row: threading.Lock() for row in self.matrix.rows}
        self.faults = []

    def policy(self, row: Row) -> str:
        """What the function answers for a row's token, asked about one operation: the policy's text, or the error's."""
        answer = self.invoked(row)
        if answer.startswith("{") or (answer == "Unauthorized" and isinstance(row.told, str)):
            return answer
        if answer == "Unauthorized":
            # Seen on the emulator, three in a walk, beside a build on the same two cores, and not explained: what the log
            # has of it is told.
            refused = [line for line in self.doors.decisions() if line.get("outcome") == "unauthorized"]
            answer = f"Unauthorized: {refused[-1:]}"
        self.faults.append(f"{row}: {answer}")
        return self.invoked(row)

    def invoked(self, row: Row) -> str:
        asked = random.choice(list(self.requests.values()))
        event = {"type": "TOKEN", "authorizationToken": f"Bearer {self.tokens[row]}", "methodArn": self.arn(*asked)}
        reply = self.functions.invoke(FunctionName=self.stack.function, Payload=json.dumps(event))
        answer = json.load(reply["Payload"])
        return json.dumps(answer["policyDocument"]) if "FunctionError" not in reply else answer["errorMessage"]

    def arn(self, verb: str, path: str) -> str:
        return f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{self.stack.rest_api}/{STAGE}/{verb}{path}"

    def judged_by_the_engine(self, policies: dict):
        wrong = []
        for row, policy in policies.items():
            if isinstance(row.told, str):
                if policy != "Unauthorized":
                    wrong.append(f"{row} is answered {policy}")
                continue
            if not policy.startswith("{"):
                wrong.append(f"{row} is answered {policy}")
                continue
            document = parse_policy_document(json.loads(policy))
            for operation, request in self.requests.items():
                if (self.judge(document, self.arn(*request)) == "Allow") != row.allows(operation):
                    wrong.append(f"{row}: {operation}")
        cells = len(policies) * len(self.requests)
        self.report.row("IAM", f"{len(policies)} rows, each operation", f"{cells} judgements", summary(wrong))
        self.count_faults("IAM", len(policies))

    def count_faults(self, gateway: str, asked: int):
        faults, self.faults = self.faults, []
        too_many = len(faults) * 1000 > max(asked, 200) * FAULTS_PER_THOUSAND
        told = f"{len(faults)}: " + "; ".join(faults[:3]) if faults else "none"
        self.report.row(gateway, "faults, each asked again", told, "more than a few" if too_many else None)

    def judge(self, document, arn: str) -> str:
        asked = EvalContext(
            principal_arn=f"arn:aws:iam::{ACCOUNT}:user/matrix",
            principal_type="User",
            principal_account=ACCOUNT,
            action="execute-api:Invoke",
            resource_arn=arn,
            region=REGION,
        )
        return evaluate(asked, [document]).decision

    def distinct(self, policies: dict) -> list:
        """One row for each kind of token and policy; of what is refused, for each code."""
        found, wrong = {}, []
        for row, policy in policies.items():
            first = found.setdefault((row.kind, policy, row.told if isinstance(row.told, str) else ""), row)
            if first.told != row.told:
                wrong.append(f"{row} has the policy of {first}, and not its verdicts")
        self.report.row("file", f"{len(found)} distinct policies", f"{len(policies)} rows", summary(wrong))
        return list(found.values())

    def ask(self, gateway: str, row: Row, operation: str) -> str | None:
        verb, path = self.requests[operation]
        headers = {"Version": "2026-06-01", "Authorization": f"Bearer {self.tokens[row]}"}
        # One request of a token at a time, so that the first of them is alone in being decided.
        with self.locks[row]:
            status = self.doors.status(gateway, verb, path, headers)
            # A HTTP API says 500 of a refusal too, on the emulator: there it is what is expected.
            if status == 500 and not isinstance(row.told, str):
                self.faults.append(f"{row}: {operation} is answered 500")
                status = self.doors.status(gateway, verb, path, headers)
        expected = REFUSED[gateway] if isinstance(row.told, str) else (200,) if row.allows(operation) else (403,)
        return None if status in expected else f"{row}: {operation} is answered {status}, not {expected}"

    def through(self, gateway: str, rows: list, seed: int):
        cells = [(gateway, row, operation) for row in rows for operation in self.requests]
        random.Random(seed).shuffle(cells)
        before = len(self.doors.decisions())
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            wrong = [problem for problem in pool.map(lambda cell: self.ask(*cell), cells) if problem]
        refused = sum(isinstance(row.told, str) for row in rows)
        expected = len(rows) - refused + refused * len(self.requests)
        decided = len(self.doors.decisions()) - before
        # A fault is not cached, so what it was asked about is decided again.
        if not expected <= decided <= expected + len(self.faults):
            wrong.append(f"{decided} decisions, and one a token and one a refusal are {expected}")
        self.report.row(gateway, f"every operation, shuffled with {seed}", f"{len(cells)} requests", summary(wrong))
        self.count_faults(gateway, len(cells))


def summary(wrong: list) -> str | None:
    return f"{len(wrong)} wrong: " + "; ".join(wrong[:5]) if wrong else None


def walk(stack: Stack, issuer, doors: Doors, report: Report):
    report.chapter("The golden matrix, in one lifetime of the cache and in any order of the requests")
    walked = Walk(stack, issuer, doors, report)
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        policies = dict(zip(walked.matrix.rows, pool.map(walked.policy, walked.matrix.rows)))
    walked.judged_by_the_engine(policies)
    rows = walked.distinct(policies)
    for gateway in (REST, HTTP):
        walked.through(gateway, rows, random.randrange(10_000))
