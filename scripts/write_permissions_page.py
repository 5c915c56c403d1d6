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

Every function has its own role; the workflow and SageMaker have one each.
`scripts/write_permissions_page.py` generates this page from `template.yaml`, and a test fails if
the page is out of date. Another test compares each function's actions with the calls in its code.
Names in angle brackets are resources and parameters of the stack. [security.md](security.md)
explains the parameters.
"""

WHEN = {
    "": "",
    "HasChat": "`ChatNotifications` is true",
    "HasKmsKey": "`KmsKeyArn` is set",
    "HasVpc": "`SubnetIds` is set",
}


def page() -> str:
    """Return the page as text."""
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
