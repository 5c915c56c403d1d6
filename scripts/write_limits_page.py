"""Write docs/limits.md from the table of AWS's limits.

`make pages` runs it.
"""

from itertools import groupby
from pathlib import Path

from model_packager.aws_limits import LIMITS, Limit

PAGE = Path(__file__).parent.parent / "docs" / "limits.md"

OPENING = """\
# AWS's limits

Modeldrop respects these limits. The code, the local SageMaker and the tests read them from
`model_packager/aws_limits.py`, and `scripts/write_limits_page.py` writes this page from it. A test
compares the numbers with botocore's service model, which has some of them.

Each account has its own quotas of instances: [aws-account.md](aws-account.md#quotas).
"""
HEAD = "| Limit | Maximum | Minimum | In botocore | Source |\n|---|---|---|---|---|\n"


def page() -> str:
    """Render the page."""
    parts = [OPENING]
    for service, limits in groupby(LIMITS.values(), key=lambda each: each.service):
        parts.append(f"## {service}\n\n{HEAD}" + "".join(_row(each) for each in limits))
    return "\n".join(parts)


def _row(limit: Limit) -> str:
    least = f"{limit.least:,}" if limit.least else ""
    shape = f"`{limit.shape}`" if limit.shape else ""
    source = f"[{limit.source.rpartition('/')[2] or 'FAQ'}]({limit.source})"
    what = limit.what[0].upper() + limit.what[1:]
    return f"| {what} | {limit.value:,} | {least} | {shape} | {source} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
