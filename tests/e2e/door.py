"""The doors to knock at: the two gateways, and what the authorizer's log says of each knock."""

import dataclasses
import json
import urllib.error
import urllib.request

from stack import Stack

REST, HTTP = "REST", "HTTP"


@dataclasses.dataclass
class Answer:
    status: int
    headers: dict
    body: str
    # The reason codes of the decisions that the request caused; none when the gateway did not ask the authorizer.
    reasons: list

    def json(self) -> dict:
        try:
            return json.loads(self.body)
        except ValueError:
            return {}


class Doors:
    def __init__(self, stack: Stack, addresses: dict | None = None):
        """The example APIs of the stack, or others that ask its authorizer, by gateway."""
        self.stack = stack
        self.addresses = addresses

    def knock(self, gateway: str, verb: str, path: str, headers: dict) -> Answer:
        addresses = self.addresses or {REST: self.stack.rest_url(), HTTP: self.stack.http_url()}
        base = addresses[gateway]
        request = urllib.request.Request(base + path, method=verb, headers=headers)
        before = len(self.decisions())
        try:
            reply = urllib.request.urlopen(request, timeout=30)
        except urllib.error.HTTPError as error:
            reply = error
        with reply:
            body = reply.read().decode()
        reasons = [decision["reason"] for decision in self.decisions()[before:]]
        return Answer(reply.status, {name.lower(): value for name, value in reply.headers.items()}, body, reasons)

    def status(self, gateway: str, verb: str, path: str, headers: dict) -> int:
        """The status alone: the log is not read, which takes longer the more there is of it."""
        base = self.stack.rest_url() if gateway == REST else self.stack.http_url()
        request = urllib.request.Request(base + path, method=verb, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:
                return reply.status
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    def decisions(self) -> list:
        """Every decision so far, as the log tells it."""
        return [line for line in map(parsed, self.lines()) if line.get("message") == "decision"]

    def lines(self, group: str = "LogGroupName") -> list:
        logs = self.stack.client("logs").get_paginator("filter_log_events")
        pages = logs.paginate(logGroupName=self.stack.outputs[group])
        return [event["message"] for page in pages for event in page["events"]]


def is_runtimes(line: str) -> bool:
    """Whether Lambda itself wrote that line, and not the function."""
    return line.startswith(("START ", "END ", "REPORT "))


def parsed(line: str) -> dict:
    try:
        value = json.loads(line)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
