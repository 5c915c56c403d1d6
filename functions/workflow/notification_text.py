"""What all notifications look like: a subject, sentences for people, JSON for programs. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workflow.contracts import Contract

SUBJECT_LIMIT = 99
"""SNS takes fewer than 100 characters, and no line breaks (Publish API reference)."""


def subject_line(status: str, line: str) -> str:
    """Join both to one line that SNS takes: printable ASCII only, which a key need not be."""
    plain = f"{status}: {line}".encode("ascii", "replace").decode()
    printable = "".join(letter if letter.isprintable() else " " for letter in plain)
    return printable if len(printable) <= SUBJECT_LIMIT else printable[: SUBJECT_LIMIT - 3] + "..."


def body(lines: Sequence[str], content: Contract) -> str:
    """Put the JSON behind the lines, after an empty one."""
    return "\n".join(lines) + "\n\n" + json.dumps(content.model_dump(mode="json"), indent=2)


def fix_line(fix: str) -> str:
    """Say what to do, or that there is nothing to do."""
    return fix if fix.startswith("Nothing to do") else f"What to do: {fix}"


def remaining_line(remaining: Sequence[str]) -> str:
    """Say what is left standing."""
    return (
        f"Not removed yet, and billed until it is: {', '.join(remaining)}. SageMaker "
        "refused to delete it while it was in transition: delete it when it has settled."
    )


def serving_line(version: str | None, endpoint: str | None) -> str:
    """Say what serves now."""
    serves = f"version {version} serves" if version else "nothing serves"
    return f"Now {serves} on {endpoint or 'this name'}."
