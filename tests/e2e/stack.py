"""The template as a stack: packaged and deployed by SAM, as on AWS."""

import pathlib
import subprocess
import sys

import boto3

import gaps
from emulator import ACCOUNT, REGION, Emulator

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAME = "edge-e2e"
STAGE = "live"


class Stack:
    def __init__(self, emulator: Emulator):
        self.emulator = emulator
        self.session = boto3.Session(
            aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION
        )

    def client(self, service: str):
        return self.session.client(service, endpoint_url=self.emulator.url)

    def deploy(self, **parameters):
        """Deploys, or deploys again with other parameters."""
        packaged = self.emulator.folder / "packaged.yaml"
        self.sam("package", "--template-file", ROOT / "template.yaml", "--resolve-s3", "--output-template-file", packaged)
        packaged.write_text(gaps.without_unknown_alarms(packaged.read_text()))
        self.sam(
            "deploy", "--template-file", packaged, "--stack-name", NAME, "--resolve-s3",
            "--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset", "--no-fail-on-empty-changeset",
            "--parameter-overrides", *(f"{name}={value}" for name, value in parameters.items()),
        )  # fmt: skip
        self.read(parameters)
        gaps.put_gateway_responses(self.client("apigateway"), self.rest_api, STAGE, definition("rest-api.yaml"))
        gaps.import_http_api(self.client("apigatewayv2"), self.http_api, definition("http-api.yaml"), self.values)

    def sam(self, *arguments):
        program = pathlib.Path(sys.executable).with_name("sam")
        run = subprocess.run([program, *arguments], env=self.emulator.environment(), capture_output=True, text=True)
        if run.returncode:
            raise SystemExit(f"sam {arguments[0]} failed:\n{run.stdout[-3000:]}\n{run.stderr[-3000:]}")

    def read(self, parameters: dict):
        formation = self.client("cloudformation")
        described = formation.describe_stacks(StackName=NAME)["Stacks"][0]
        self.outputs = {it["OutputKey"]: it["OutputValue"] for it in described["Outputs"]}
        found = formation.describe_stack_resources(StackName=NAME)["StackResources"]
        self.resources = {it["LogicalResourceId"]: it["PhysicalResourceId"] for it in found}
        self.rest_api, self.http_api = self.resources["RestApi"], self.resources["HttpApi"]
        self.table, self.function = self.outputs["TableName"], self.resources["Authorizer"]
        self.values = parameters | {
            "AWS::Partition": "aws",
            "AWS::Region": REGION,
            "AWS::AccountId": ACCOUNT,
            "Authorizer.Arn": self.outputs["AuthorizerArn"],
            "ExampleBackend.Arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{self.resources['ExampleBackend']}",
            "HasAuthServer": "AuthServerArn" in self.outputs,
            "AuthServer.Arn": self.outputs.get("AuthServerArn"),
        }

    def rest_url(self) -> str:
        return f"{self.emulator.url}/_aws/execute-api/{self.rest_api}/{STAGE}"

    def auth_url(self) -> str:
        return f"{self.emulator.url}/_aws/execute-api/{self.resources['AuthApi']}/$default"

    def http_url(self) -> str:
        return f"{self.emulator.url}/_aws/execute-api/{self.http_api}/$default"


def definition(name: str) -> str:
    return (ROOT / "deploy" / name).read_text()
