"""What the emulator leaves out of the template, done by hand, and nothing else is touched.

1. Alarms on metric math are not known: that one alarm is left out.
2. The definition of an HTTP API (`Body`) is not imported: its authorizer, integrations, routes and CORS rules are made
   from it.
3. `x-amazon-apigateway-gateway-responses` is not imported: each response is put, and the stage is deployed again.
   In their bodies `$context.authorizer…` stays as it is written: that a 403 says why, only AWS can show.
"""

import re

import yaml
from samcli.yamlhelper import yaml_dump, yaml_parse

PARAMETER = re.compile(r"\$\{([A-Za-z0-9_:.]+)\}")


def without_unknown_alarms(template: str) -> str:
    parsed = yaml_parse(template)
    resources = parsed["Resources"]
    for name in [name for name, it in resources.items() if "Metrics" in it.get("Properties", {})]:
        del resources[name]
    return yaml_dump(parsed)


def put_gateway_responses(apigateway, api: str, stage: str, definition: str):
    for kind, response in yaml.safe_load(definition)["x-amazon-apigateway-gateway-responses"].items():
        apigateway.put_gateway_response(
            restApiId=api,
            responseType=kind,
            **({"statusCode": str(response["statusCode"])} if "statusCode" in response else {}),
            responseParameters=response.get("responseParameters", {}),
            responseTemplates=response.get("responseTemplates", {}),
        )
    apigateway.create_deployment(restApiId=api, stageName=stage)


def import_http_api(http, api: str, definition: str, values: dict):
    """Makes an HTTP API of its definition, as often as is asked: what it had before is taken away."""
    for route in http.get_routes(ApiId=api)["Items"]:
        http.delete_route(ApiId=api, RouteId=route["RouteId"])
    for authorizer in http.get_authorizers(ApiId=api)["Items"]:
        http.delete_authorizer(ApiId=api, AuthorizerId=authorizer["AuthorizerId"])
    document = resolved(yaml.safe_load(definition), values)
    authorizers = {
        name: create_authorizer(http, api, name, scheme)
        for name, scheme in document["components"]["securitySchemes"].items()
        if "x-amazon-apigateway-authorizer" in scheme
    }
    integrations = {}
    for path, operations in document["paths"].items():
        for verb, operation in operations.items():
            if "x-amazon-apigateway-integration" in operation:
                create_route(http, api, verb, path, operation, authorizers, integrations)
    if rules := document.get("x-amazon-apigateway-cors"):
        names = ("allowOrigins", "allowHeaders", "allowMethods", "exposeHeaders", "maxAge", "allowCredentials")
        cors = {name[0].upper() + name[1:]: rules[name] for name in names if name in rules}
        http.update_api(ApiId=api, CorsConfiguration=cors)


def create_authorizer(http, api: str, name: str, scheme: dict) -> str:
    given = scheme["x-amazon-apigateway-authorizer"]
    # A text with commas, as imports take it, or the list that SAM writes.
    sources = given["identitySource"]
    sources = sources.split(",") if isinstance(sources, str) else sources
    made = http.create_authorizer(
        ApiId=api,
        Name=name,
        AuthorizerType="REQUEST",
        AuthorizerUri=given["authorizerUri"],
        IdentitySource=[source.strip() for source in sources],
        AuthorizerPayloadFormatVersion=given["authorizerPayloadFormatVersion"],
        AuthorizerResultTtlInSeconds=int(given["authorizerResultTtlInSeconds"]),
        EnableSimpleResponses=given.get("enableSimpleResponses", False),
    )
    return made["AuthorizerId"]


def create_route(http, api: str, verb: str, path: str, operation: dict, authorizers: dict, integrations: dict):
    given = operation["x-amazon-apigateway-integration"]
    uri = given["uri"]
    if uri not in integrations:
        integrations[uri] = http.create_integration(
            ApiId=api,
            IntegrationType="AWS_PROXY",
            IntegrationUri=uri,
            PayloadFormatVersion=given["payloadFormatVersion"],
        )["IntegrationId"]
    verb = "ANY" if verb == "x-amazon-apigateway-any-method" else verb.upper()
    guards = [authorizers[name] for scheme in operation.get("security", []) for name in scheme if name in authorizers]
    guard = {"AuthorizationType": "CUSTOM", "AuthorizerId": guards[0]} if guards else {}
    key = "$default" if path == "/$default" else f"{verb} {path}"
    http.create_route(ApiId=api, RouteKey=key, Target=f"integrations/{integrations[uri]}", **guard)


def resolved(node, values: dict):
    """The definition with the template's functions worked out: `Ref`, `Fn::Sub` and `Fn::If` are all that it uses."""
    if isinstance(node, list):
        return [resolved(item, values) for item in node]
    if not isinstance(node, dict):
        return node
    if list(node) == ["Fn::If"]:
        condition, one, other = node["Fn::If"]
        return resolved(one if values[condition] else other, values)
    if node == {"Ref": "AWS::NoValue"}:
        return None
    if list(node) == ["Ref"]:
        return values[node["Ref"]]
    if list(node) == ["Fn::Sub"]:
        text, own = node["Fn::Sub"] if isinstance(node["Fn::Sub"], list) else (node["Fn::Sub"], {})
        values = values | resolved(own, values)
        return PARAMETER.sub(lambda name: str(values[name[1]]), text)
    worked_out = {name: resolved(value, values) for name, value in node.items()}
    return {name: value for name, value in worked_out.items() if value is not None}
