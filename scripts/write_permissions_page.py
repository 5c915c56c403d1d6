"""Write docs/permissions.md, the permissions of each role of the stack, from template.yaml.

`make pages` runs it.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from modeldrop.doctor.examination import OPERATOR_ACTIONS as CHECKS
from modeldrop.stack.template import Permission, permissions, read_template
from modeldrop.stack.template import statements as statements_of

PAGE = Path(__file__).parent.parent / "docs" / "permissions.md"

OPENING = """\
# What each role may do

Every function and every state machine has its own role, and so do EventBridge Scheduler and
SageMaker. The page omits what AWS SAM adds: every function may write its log; functions and state
machines may send traces to X-Ray, except Run Model; Notify Failure may send events that it could
not process to the dead-letter queue; and EventBridge may start the state machines.

`scripts/write_permissions_page.py` generates this page from `template.yaml`, and a test fails if
the page is out of date. Another test compares each function's actions with the calls in its code.
Names in angle brackets are resources and parameters of the stack. [security.md](security.md)
explains the parameters.
"""

OPERATOR = """\
## You, for `modeldrop doctor`

It only reads. A check whose actions you lack is a warning.

| Check | Actions |
|---|---|"""

WHEN = {
    "": "",
    "HasChat": "`ChatNotifications` is true",
    "HasCpuTest": "`CpuTest` is onnx",
    "HasKmsKey": "`KmsKeyArn` is set",
    "HasVpc": "`SubnetIds` is set",
}


def page() -> str:
    """Return the page as text."""
    template = read_template()
    known = {"AWS::Partition": "aws", "AWS::Region": "<region>", "AWS::AccountId": "<account>"}
    found = zip(permissions(template, known), statements_of(template["Resources"]), strict=True)
    parts = [OPENING]
    for who, granted in groupby(found, key=lambda each: each[0].who):
        parts.append(f"## {who}\n\n| For | Actions | On | Only where |\n|---|---|---|---|")
        rows = (_row(permission, statement) for permission, (_who, statement, _when) in granted)
        parts[-1] += "".join(f"\n{row}" for row in rows) + "\n"
    parts += [
        f"## {name}\n\nNothing, except to write its log as every function does.\n"
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
        and "Policies" not in resource["Properties"]
    ]
    parts.append(OPERATOR + "".join(f"\n| {check} | {_code(needed)} |" for check, needed in CHECKS))
    return "\n".join(parts) + "\n"


def _code(actions: str) -> str:
    return re.sub(r"\w+:\w+", r"`\g<0>`", actions)


def _row(permission: Permission, statement: Mapping[str, Any]) -> str:
    actions = "<br>".join(f"`{action}`" for action in permission.actions)
    resources = "<br>".join(f"`{resource}`" for resource in permission.resources)
    where = "<br>".join(filter(None, (WHEN[permission.condition], *_conditions(statement))))
    return f"| {_words(permission.statement)} | {actions} | {resources} | {where} |"


def _conditions(statement: Mapping[str, Any]) -> Iterator[str]:
    """Yield the condition keys of a statement, with their values if these are plain texts."""
    for operator, keys in statement.get("Condition", {}).items():
        for key, value in keys.items():
            if operator == "Null":
                yield f"`{key}` is {'absent' if value == 'true' else 'present'}"
                continue
            values = value if isinstance(value, list) else [value]
            plain = " or ".join(f"`{_plain(each)}`" for each in values if _plain(each))
            be = "are among" if operator.startswith("ForAllValues:") else "is"
            yield f"`{key}` {be} {plain or 'as in template.yaml'}"


def _plain(value: Any) -> str | None:
    """Return a text, or the name of a parameter in angle brackets."""
    if isinstance(value, dict):
        return f"<{value['Ref']}>" if "Ref" in value else None
    return str(value)


def _words(sid: str) -> str:
    """Return a Sid as words, such as `use key` for `UseKey`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", sid).lower()


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
