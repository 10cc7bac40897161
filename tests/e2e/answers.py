"""The table of answers: what each kind of request is told, at either gateway."""

import dataclasses

from door import HTTP, REST, Answer, Doors
from report import Report

CONTACT = "/v1/contacts/con_8f2a1c9b4d6e7f0a1b2c3d4e"
OTHER_CONTACT = "/v1/contacts/con_000000000000000000000001"
DEAL = "/v1/deals/deal_8f2a1c9b4d6e7f0a1b2c3d4e"

# What an HTTP API makes of an error of its authorizer. The emulator says 500; the examples in AWS's guide say 401.
# Only AWS can settle it (docs/only-aws.md); the reason beside it shows that the authorizer refused.
HTTP_REFUSED = (401, 500)


@dataclasses.dataclass
class Ask:
    """A request, and what is right: a status at each gateway and the reason codes that the log gains."""

    what: str
    rest: int | tuple
    reasons: list
    token: str | None = None
    verb: str = "GET"
    path: str = CONTACT
    headers: dict | None = None
    http: int | tuple | None = None
    http_reasons: list | None = None
    # Whether the API has such an operation.
    routed: bool = True
    # Parts of the context that the backend must show.
    shows: dict = dataclasses.field(default_factory=dict)

    def expected(self, gateway: str) -> tuple:
        if gateway == REST:
            return several(self.rest), self.reasons
        usual = HTTP_REFUSED if self.rest == 401 else self.rest
        reasons = self.reasons if self.http_reasons is None else self.http_reasons
        return several(usual if self.http is None else self.http), reasons

    def sent(self) -> dict:
        bearer = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return {"Version": "2026-06-01"} | bearer | (self.headers or {})


def ask(doors: Doors, report: Report, asked: Ask, gateways=(REST, HTTP)):
    for gateway in gateways:
        answer = doors.knock(gateway, asked.verb, asked.path, asked.sent())
        reason = ", ".join(answer.reasons) or "(not asked)"
        report.row(gateway, asked.what, f"{answer.status} {reason}", problem(gateway, asked, answer))


def problem(gateway: str, asked: Ask, answer: Answer) -> str | None:
    statuses, reasons = asked.expected(gateway)
    if answer.status not in statuses or answer.reasons != reasons:
        wanted = " or ".join(map(str, statuses))
        return f"expected {wanted} and {reasons or 'no decision'}; the body was {answer.body[:200]!r}"
    if asked.token and (asked.token in answer.body or asked.token in str(answer.headers)):
        return "the answer contains the token"
    shown = answer.json().get("context", {})
    different = {name: shown.get(name) for name, value in asked.shows.items() if shown.get(name) != value}
    if different:
        return f"expected {asked.shows}, and there was {different}"
    return wrong_form(answer) if gateway == REST and asked.routed else None


def several(status: int | tuple) -> tuple:
    return status if isinstance(status, tuple) else (status,)


# The body's `error` for each status of the definition's gateway responses.
BODIES = {401: "unauthorized", 403: "forbidden", 500: "internal"}


def wrong_form(answer: Answer) -> str | None:
    """The gateway responses of a REST API: their own bodies, and a challenge with every 401."""
    challenge = answer.headers.get("www-authenticate", "")
    if answer.status == 401 and not challenge.startswith('Bearer resource_metadata="https://'):
        return f"a 401 must say where tokens come from, and said {challenge!r}"
    wanted = BODIES.get(answer.status)
    if wanted is not None and answer.json().get("error") != wanted:
        return f"the body must say {wanted!r}, and was {answer.body!r}"
    return None
