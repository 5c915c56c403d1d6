"""Write docs/permissions.md: what each role of the stack may do, from template.yaml.

`make pages` runs it.
"""

import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from modeldrop.stack.template import Permission, permissions, read_template

PAGE = Path(__file__).parent.parent / "docs" / "permissions.md"

OPENING = """\
# What each role may do

Every function has a role of its own; the workflow and SageMaker have one each. This page is
written from `template.yaml` by `scripts/write_permissions_page.py`, and a test fails where it no
longer says what stands there; another holds each function's actions against the calls in its code.
Names in angle brackets are resources and parameters of the stack. [security.md](security.md) says
what the parameters are for.
"""

WHEN = {
    "": "",
    "HasChat": "`ChatNotifications` is true",
    "HasKmsKey": "`KmsKeyArn` is set",
    "HasVpc": "`SubnetIds` is set",
}


def page() -> str:
    """Give the page as text."""
    template = read_template()
    known = {"AWS::Partition": "aws", "AWS::Region": "<region>", "AWS::AccountId": "<account>"}
    found = permissions(template, known)
    parts = [OPENING]
    for who, statements in groupby(found, key=lambda each: each.who):
        parts.append(f"## {who}\n\n| For | Actions | On | Only where |\n|---|---|---|---|")
        parts[-1] += "".join(f"\n{row}" for row in _rows(statements)) + "\n"
    return "\n".join(parts)


def _rows(statements: Iterator[Permission]) -> Iterator[str]:
    for each in statements:
        actions = "<br>".join(f"`{action}`" for action in each.actions)
        resources = "<br>".join(f"`{resource}`" for resource in each.resources)
        yield f"| {_words(each.statement)} | {actions} | {resources} | {WHEN[each.condition]} |"


def _words(sid: str) -> str:
    """`UseKey` to `use key`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", sid).lower()


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
