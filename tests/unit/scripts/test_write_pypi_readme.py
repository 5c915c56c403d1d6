"""The links in README.md on PyPI."""

import re

import pytest

from scripts.write_pypi_readme import README, with_absolute_links

REPOSITORY = "https://github.com/owner/name"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[a](docs/a.md#b)", f"[a]({REPOSITORY}/blob/v1.0.0/docs/a.md#b)"),
        ("![a](docs/a.png)", f"![a]({REPOSITORY}/raw/v1.0.0/docs/a.png)"),
        (
            "[![a](../../x/badge.svg)](../../x)",
            f"[![a]({REPOSITORY}/x/badge.svg)]({REPOSITORY}/x)",
        ),
        (
            "[![a](https://b.c/d)](LICENSE)",
            f"[![a](https://b.c/d)]({REPOSITORY}/blob/v1.0.0/LICENSE)",
        ),
        ("[a](#b), [c](https://d.e)", "[a](#b), [c](https://d.e)"),
    ],
)
def test_link_of_a_tag(text: str, expected: str) -> None:
    assert with_absolute_links(text, REPOSITORY, "v1.0.0") == expected


def test_readme_has_only_absolute_links() -> None:
    text = with_absolute_links(README.read_text(encoding="utf-8"), REPOSITORY, "v1.0.0")
    targets = re.findall(r"\]\(([^)]+)\)", text)
    assert len(targets) > 20
    assert all(each.startswith("https://") for each in targets)
