"""The four snippets of docs/deploy.md that attach the authorizer to an API of one's own.

Each is taken from the page as it stands, put into the least that makes a stack of it (`around/`), linted, deployed,
and asked.
"""

import json
import pathlib
import subprocess
import sys

import yaml

import gaps
from answers import Ask, ask
from door import HTTP, REST, Doors
from emulator import ACCOUNT, REGION
from manual import Functions, snippet
from people import ACME, OWNER, VIEWER, Operator
from report import Report
from stack import STAGE, Stack

AROUND = pathlib.Path(__file__).with_name("around")
CONTACTS = "/v1/contacts"
SNIPPETS = [
    ("REST API, SAM", "rest-sam", REST),
    ("REST API, plain CloudFormation", "rest-cloudformation", REST),
    ("HTTP API, SAM", "http-sam", HTTP),
    ("HTTP API, plain CloudFormation", "http-cloudformation", HTTP),
]


def attached(stack: Stack, operator: Operator, doors: Doors, report: Report):
    for heading, name, gateway in SNIPPETS:
        report.chapter(f"The snippet for a {heading}, attached to an API of its own")
        template = stack.emulator.folder / f"{name}.yaml"
        template.write_text(yaml.safe_dump(composed(heading, name), sort_keys=False))
        report.row("lint", *linted(template))
        api = deploy(stack, name, template)
        for asked in questions(operator):
            ask(Doors(stack, {gateway: address(stack, gateway, api)}), report, asked, [gateway])


def questions(operator: Operator) -> list:
    good = operator.token(ACME, OWNER, "contact.read")["token"]
    other = operator.token(ACME, VIEWER, "deal.read")["token"]
    return [
        Ask("no credentials", 401, [], path=CONTACTS, http=401),
        Ask("a good token", 200, ["allowed"], path=CONTACTS, token=good, shows={"business_id": ACME, "user_id": OWNER}),
        Ask("a token of another scope", 403, ["scope"], path=CONTACTS, token=other),
        Ask("a revoked token", 401, ["revoked"], path=CONTACTS, token=operator.revoked()),
    ]


def composed(heading: str, name: str) -> dict:
    template = yaml.load((AROUND / f"{name}.yaml").read_text(), Functions)
    template["Resources"] |= snippet(heading)
    return template


def linted(template: pathlib.Path) -> tuple:
    programs = pathlib.Path(sys.executable).parent
    if "sam" in template.stem:
        command = [programs / "sam", "validate", "--lint", "--region", REGION, "--template", template]
    else:
        command = [programs / "cfn-lint", "--regions", REGION, "--", template]
    done = subprocess.run(command, capture_output=True, text=True)
    said = done.stdout + done.stderr
    return command[0].name, f"exit code {done.returncode}", said[-1500:] if done.returncode else None


def deploy(stack: Stack, name: str, template: pathlib.Path) -> str:
    """Deploys it as a stack of its own, fills the emulator's gaps, and returns the API's id."""
    formation = stack.client("cloudformation")
    wanted = {"AuthorizerArn", "AuthorizerUri"} & yaml.safe_load(template.read_text())["Parameters"].keys()
    formation.create_stack(
        StackName=name,
        TemplateBody=template.read_text(),
        Parameters=[{"ParameterKey": key, "ParameterValue": stack.outputs[key]} for key in wanted],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    formation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 120})
    outputs = formation.describe_stacks(StackName=name)["Stacks"][0]["Outputs"]
    outputs = {it["OutputKey"]: it["OutputValue"] for it in outputs}
    if name.endswith("-sam"):
        fill_gaps(stack, name, outputs)
    return outputs["ApiId"]


def fill_gaps(stack: Stack, name: str, outputs: dict):
    """What SAM writes into the API's definition, and the emulator does not import."""
    template = stack.client("cloudformation").get_template(StackName=name, TemplateStage="Processed")["TemplateBody"]
    template = template if isinstance(template, dict) else json.loads(template)
    # JSON is YAML.
    definition = json.dumps(template["Resources"]["Api"]["Properties"]["Body"])
    if name == "rest-sam":
        return gaps.put_gateway_responses(stack.client("apigateway"), outputs["ApiId"], STAGE, definition)
    values = {
        "AWS::Partition": "aws",
        "AWS::Region": REGION,
        "AWS::AccountId": ACCOUNT,
        "AWS::StackName": name,
        "AuthorizerArn": stack.outputs["AuthorizerArn"],
        "Backend.Arn": outputs["BackendArn"],
    }
    return gaps.import_http_api(stack.client("apigatewayv2"), outputs["ApiId"], definition, values)


def address(stack: Stack, gateway: str, api: str) -> str:
    return f"{stack.emulator.url}/_aws/execute-api/{api}/{STAGE if gateway == REST else '$default'}"
