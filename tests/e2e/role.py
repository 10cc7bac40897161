"""The functions' roles, worn by a stranger: what they must not do is refused.

A further function with the same role hands out its credentials. With them every call of the list is tried against the
emulator, which enforces the role. Two conditions the emulator does not fill in from a request, the partition
(`dynamodb:LeadingKeys`) and the attributes of a write: for these its strict engine judges the deployed policy. (The
attributes that a query asks for it does fill in.)
"""

import io
import json
import zipfile

import boto3
from botocore.exceptions import ClientError
from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document

from emulator import ACCOUNT, REGION
from report import Report
from stack import Stack

TENANT = "TENANT#biz_5f0c9a1e7b3d2c4a6e8f1b0d"
PROBE = """
import os

def handler(_event, _context):
    return [os.environ[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")]
"""


def prove_narrow(stack: Stack, report: Report):
    prove(stack, report, "The authorizer's role", "AuthorizerRole", attempts(stack), conditions())


def prove_auth_narrow(stack: Stack, report: Report):
    prove(stack, report, "The authorization server's role", "AuthServerRole", auth_attempts(stack), auth_conditions())


def prove(stack: Stack, report: Report, whose: str, role: str, attempts: list, conditions: list):
    report.chapter(f"{whose}, by calls that the emulator enforces")
    session = worn(stack, role)
    for may, what, service, call, arguments in attempts:
        try:
            getattr(session.client(service, endpoint_url=stack.emulator.url), call)(**arguments)
            said = "done"
        except ClientError as error:
            said = error.response["Error"]["Code"]
        refused = "AccessDenied" in said or "NotAuthorized" in said
        wrong = None if refused != may else f"expected that it {'may' if may else 'may not'}"
        report.row("IAM", f"{'may' if may else 'may not'}: {what}", said, wrong)
    report.chapter(f"{whose}, by the conditions that its policy states")
    for may, what, action, keys in conditions:
        verdict = judged(stack, role, action, keys)
        wrong = None if (verdict == "Allow") == may else f"expected that it {'may' if may else 'may not'}"
        report.row("IAM", f"{'may' if may else 'may not'}: {what}", verdict, wrong)


def attempts(stack: Stack) -> list:
    table, key = stack.table, {"pk": {"S": TENANT}, "sk": {"S": "TENANT"}}
    item = key | {"status": {"S": "active"}}
    read = {"RequestItems": {table: {"Keys": [key]}}}
    issuer = {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": {"S": "KEY#x"}}}
    names = {"ExpressionAttributeNames": {"#state": "state"}, "Select": "SPECIFIC_ATTRIBUTES"}
    public = {"ProjectionExpression": "pk, sk, jwk, #state, not_before, retires"}
    secret = {"ProjectionExpression": "pk, sk, jwk, #state, secret"}
    note = {"UpdateExpression": "SET last_used = :now", "ExpressionAttributeValues": {":now": {"N": "1"}}}
    note |= {"ConditionExpression": "attribute_exists(pk)"}
    other = "another-table"
    return [
        (True, "read a tenant's records", "dynamodb", "batch_get_item", read),
        (True, "read public keys", "dynamodb", "query", {"TableName": table} | issuer | names | public),
        (False, "read what a key signs with", "dynamodb", "query", {"TableName": table} | issuer | names | secret),
        (False, "read whole records of keys", "dynamodb", "query", {"TableName": table} | issuer),
        (True, "note the last use of a token", "dynamodb", "update_item", {"TableName": table, "Key": key} | note),
        (False, "read one record by itself", "dynamodb", "get_item", {"TableName": table, "Key": key}),
        (False, "list the table", "dynamodb", "scan", {"TableName": table}),
        (False, "write a record", "dynamodb", "put_item", {"TableName": table, "Item": item}),
        (False, "delete a record", "dynamodb", "delete_item", {"TableName": table, "Key": key}),
        (False, "write many", "dynamodb", "batch_write_item",
            {"RequestItems": {table: [{"PutRequest": {"Item": item}}]}}),
        (False, "write in a transaction", "dynamodb", "transact_write_items",
            {"TransactItems": [{"Put": {"TableName": table, "Item": item}}]}),
        (False, "run PartiQL", "dynamodb", "execute_statement", {"Statement": f'SELECT * FROM "{table}"'}),
        (False, "read another table", "dynamodb", "batch_get_item", {"RequestItems": {other: {"Keys": [key]}}}),
        (False, "write another table", "dynamodb", "update_item", {"TableName": other, "Key": key} | note),
        (False, "change the table", "dynamodb", "update_time_to_live", {"TableName": table,
            "TimeToLiveSpecification": {"Enabled": False, "AttributeName": "ttl"}}),
        (False, "delete the table", "dynamodb", "delete_table", {"TableName": table}),
        (False, "read the secret of the key", "secretsmanager", "get_secret_value",
            {"SecretId": stack.outputs["PatMacKeyArn"]}),
        (False, "list secrets", "secretsmanager", "list_secrets", {}),
        (False, "call functions", "lambda", "invoke", {"FunctionName": stack.function}),
        (False, "change its own settings", "lambda", "update_function_configuration",
            {"FunctionName": stack.function, "Timeout": 6}),
        (False, "read the log of decisions", "logs", "filter_log_events",
            {"logGroupName": stack.outputs["LogGroupName"]}),
        (False, "make a log group", "logs", "create_log_group", {"logGroupName": "/another"}),
        (False, "list buckets", "s3", "list_buckets", {}),
        (False, "widen its own role", "iam", "put_role_policy", {"RoleName": stack.resources["AuthorizerRole"],
            "PolicyName": "more", "PolicyDocument": json.dumps({"Version": "2012-10-17", "Statement": []})}),
    ]  # fmt: skip


def conditions() -> list:
    written = ["pk", "sk", "last_used"]
    public = {"Attributes": ["pk", "sk", "jwk", "state", "not_before", "retires"], "Select": "SPECIFIC_ATTRIBUTES"}
    return [
        (True, "read a tenant's partition", "BatchGetItem", {"LeadingKeys": [TENANT]}),
        (False, "read a client", "BatchGetItem", {"LeadingKeys": ["CLIENT#x"]}),
        (False, "read a session beside a tenant", "BatchGetItem", {"LeadingKeys": [TENANT, "SESSION#x"]}),
        (False, "read a key as if it were a tenant", "BatchGetItem", {"LeadingKeys": ["KEY#x"]}),
        (True, "query an issuer's public keys", "Query", {"LeadingKeys": ["KEY#x"]} | public),
        (False, "list a tenant's tokens", "Query", {"LeadingKeys": [TENANT]} | public),
        (False, "list codes", "Query", {"LeadingKeys": ["CODE#x"]} | public),
        (True, "write `last_used`", "UpdateItem", {"LeadingKeys": [TENANT], "Attributes": written}),
        (False, "write `scopes`", "UpdateItem", {"LeadingKeys": [TENANT], "Attributes": [*written, "scopes"]}),
        (False, "write `last_used` of a client", "UpdateItem", {"LeadingKeys": ["CLIENT#x"], "Attributes": written}),
        (False, "read a record by writing it", "UpdateItem",
            {"LeadingKeys": [TENANT], "Attributes": written, "ReturnValues": "ALL_OLD"}),
    ]  # fmt: skip


def auth_attempts(stack: Stack) -> list:
    table, key = stack.table, {"pk": {"S": "CLIENT#x"}, "sk": {"S": "CLIENT"}}
    digest = {"Message": bytes(32), "MessageType": "DIGEST", "SigningAlgorithm": "ECDSA_SHA_256"}
    ours = stack.outputs["SigningKeyArn"]
    spec = {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"}
    other = stack.client("kms").create_key(**spec, Tags=[{"TagKey": "edge-issuer", "TagValue": "https://other.example"}])
    untagged = stack.client("kms").create_key(**spec)
    put = {"Put": {"TableName": table, "Item": key | {"document": {"S": "{}"}}}}
    return [
        (True, "read a client", "dynamodb", "get_item", {"TableName": table, "Key": key}),
        (True, "write a client in a transaction", "dynamodb", "transact_write_items", {"TransactItems": [put]}),
        (True, "remove it", "dynamodb", "delete_item", {"TableName": table, "Key": key}),
        (False, "list the table", "dynamodb", "scan", {"TableName": table}),
        (False, "read many", "dynamodb", "batch_get_item", {"RequestItems": {table: {"Keys": [key]}}}),
        (False, "write many", "dynamodb", "batch_write_item",
            {"RequestItems": {table: [{"DeleteRequest": {"Key": key}}]}}),
        (False, "run PartiQL", "dynamodb", "execute_statement", {"Statement": f'SELECT * FROM "{table}"'}),
        (False, "delete the table", "dynamodb", "delete_table", {"TableName": table}),
        (True, "sign with the issuer's key", "kms", "sign", {"KeyId": ours} | digest),
        (False, "sign with another issuer's", "kms", "sign", {"KeyId": other["KeyMetadata"]["Arn"]} | digest),
        (False, "sign with a key of nobody's", "kms", "sign", {"KeyId": untagged["KeyMetadata"]["Arn"]} | digest),
        (False, "make a key", "kms", "create_key", spec),
        (False, "tag a key as the issuer's", "kms", "tag_resource", {"KeyId": other["KeyMetadata"]["Arn"],
            "Tags": [{"TagKey": "edge-issuer", "TagValue": "x"}]}),
        (False, "end a key", "kms", "schedule_key_deletion", {"KeyId": ours}),
        (False, "read the secret of the refresh tokens", "secretsmanager", "get_secret_value",
            {"SecretId": stack.outputs["RefreshMacKeyArn"]}),
        (False, "read the secret of the personal access tokens", "secretsmanager", "get_secret_value",
            {"SecretId": stack.outputs["PatMacKeyArn"]}),
        (False, "call functions", "lambda", "invoke", {"FunctionName": stack.function}),
        (False, "widen its own role", "iam", "put_role_policy", {"RoleName": stack.resources["AuthServerRole"],
            "PolicyName": "more", "PolicyDocument": json.dumps({"Version": "2012-10-17", "Statement": []})}),
    ]  # fmt: skip


def auth_conditions() -> list:
    grant = ["pk", "sk", "user", "client_id", "scopes", "resource", "created"]
    return [
        (True, "read a user", "GetItem", {"LeadingKeys": [TENANT]}),
        (True, "list an issuer's public keys", "Query", {"LeadingKeys": ["KEY#x"]}),
        (True, "list a person's memberships", "Query", {"LeadingKeys": ["IDENTITY#local#x"]}),
        (False, "list a tenant", "Query", {"LeadingKeys": [TENANT]}),
        (False, "read a key's private half by itself", "GetItem", {"LeadingKeys": ["KEY#x"]}),
        (False, "read the installation's audit log", "Query", {"LeadingKeys": ["INSTALLATION"]}),
        (True, "write a code", "PutItem", {"LeadingKeys": ["CODE#x"], "Attributes": ["pk", "sk", "document", "ttl"]}),
        (True, "write a grant", "PutItem", {"LeadingKeys": [TENANT], "Attributes": grant}),
        (True, "see that a user may act", "ConditionCheckItem", {"LeadingKeys": [TENANT],
            "Attributes": ["pk", "sk", "status"]}),
        (False, "enable a user", "UpdateItem", {"LeadingKeys": [TENANT], "Attributes": ["pk", "sk", "status"]}),
        (False, "give a user a role", "UpdateItem", {"LeadingKeys": [TENANT], "Attributes": ["pk", "sk", "roles"]}),
        (False, "make a user", "PutItem", {"LeadingKeys": [TENANT], "Attributes": ["pk", "sk", "kind", "status"]}),
        (False, "make a personal access token", "PutItem",
            {"LeadingKeys": [TENANT], "Attributes": ["pk", "sk", "id", "name", "user", "scopes", "created", "expires"]}),
        (False, "delete anything of a tenant", "DeleteItem", {"LeadingKeys": [TENANT]}),
        (False, "publish a key", "PutItem", {"LeadingKeys": ["KEY#x"], "Attributes": ["pk", "sk", "jwk", "state"]}),
        (False, "make an account", "PutItem", {"LeadingKeys": ["IDENTITY#local#x"], "Attributes": ["pk", "sk"]}),
    ]  # fmt: skip


def worn(stack: Stack, role: str) -> boto3.Session:
    functions = stack.client("lambda")
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("index.py", PROBE)
    functions.create_function(
        FunctionName="probe",
        Runtime="python3.13",
        Handler="index.handler",
        Role=role_arn(stack, role),
        Code={"ZipFile": code.getvalue()},
    )
    identifier, secret, token = json.load(functions.invoke(FunctionName="probe")["Payload"])
    functions.delete_function(FunctionName="probe")
    return boto3.Session(identifier, secret, token, REGION)


def judged(stack: Stack, role: str, action: str, keys: dict) -> str:
    iam, name = stack.client("iam"), stack.resources[role]
    policies = iam.list_role_policies(RoleName=name)["PolicyNames"]
    documents = [iam.get_role_policy(RoleName=name, PolicyName=it)["PolicyDocument"] for it in policies]
    asked = EvalContext(
        principal_arn=role_arn(stack, role),
        principal_type="AssumedRole",
        principal_account=ACCOUNT,
        action=f"dynamodb:{action}",
        resource_arn=f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{stack.table}",
        region=REGION,
        # The engine looks condition keys up in lower case.
        service_context={f"dynamodb:{name}".lower(): value for name, value in keys.items()},
    )
    return evaluate(asked, [parse_policy_document(document) for document in documents]).decision


def role_arn(stack: Stack, role: str) -> str:
    return stack.client("iam").get_role(RoleName=stack.resources[role])["Role"]["Arn"]
