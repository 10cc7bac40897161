"""Judges policies with ministack's strict IAM engine: JSON lines in, one verdict a line out.

A line is `{"policy": {…}, "arn": "…"}`; a verdict is `Allow`, `Deny` (explicit) or `ImplicitDeny`.
"""

import json
import sys

from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document

for line in sys.stdin:
    case = json.loads(line)
    context = EvalContext(
        principal_arn="arn:aws:iam::123456789012:user/judge",
        principal_type="User",
        principal_account="123456789012",
        action="execute-api:Invoke",
        resource_arn=case["arn"],
        region="eu-central-1",
    )
    print(evaluate(context, [parse_policy_document(case["policy"])]).decision)
