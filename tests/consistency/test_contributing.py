"""CONTRIBUTING.md lists the files that a change touches. Real examples are only in these files."""

from __future__ import annotations

import re

import pytest

from tests.consistency.asl import ROOT

PAGE = (ROOT / "CONTRIBUTING.md").read_text()
CODE = ("functions", "modeldrop", "model_packager", "model_client", "statemachine")
# For each example in the table, its name in code, and the value of its placeholder.
EXAMPLES = {
    "report_uri": (r"\breport_uri\b", "write_report"),
    "aot_inductor": (r"\baot_inductor\b|\bAOT_INDUCTOR\b", "aot_inductor"),
    "history": (r'(?m)"history": "|^def history\(', "history"),
    "model_download_timeout_seconds": (r"\bmodel_download_timeout_seconds\b", ""),
    "Scale Endpoint": (r"Scale Endpoint|ScaleEndpoint|\bscale_endpoint\b", "scale_endpoint"),
}
OPTIONAL = {"functions/publish_result/rendering.py"}  # uses `report`, the key in the JSON


def rows() -> dict[str, list[str]]:
    """Return the listed paths of each row, by the row's example."""
    table = PAGE.partition("## What a change touches")[2].partition("\n## ")[0]
    return {
        example: re.findall(r"`([^`]+)`", files)
        for example, files in re.findall(r"^\| [^|]+ \| `([^|`]+)` \| (.*) \|$", table, re.M)
    }


def files_with(pattern: str) -> set[str]:
    files = [ROOT / "template.yaml", *(each for name in CODE for each in (ROOT / name).rglob("*"))]
    return {
        file.relative_to(ROOT).as_posix()
        for file in files
        if file.suffix in (".py", ".json", ".yaml")
        and not file.is_symlink()
        and re.search(pattern, file.read_text())
    }


def test_each_row_has_an_example() -> None:
    assert list(rows()) == list(EXAMPLES)


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_listed_files_and_no_others_name_the_example(example: str) -> None:
    pattern, placeholder = EXAMPLES[example]
    listed = [re.sub(r"<\w+>", placeholder, path) for path in rows()[example]]
    assert [path for path in listed if not (ROOT / path).exists()] == []
    named = files_with(pattern)
    folders = tuple(path for path in listed if path.endswith("/"))
    assert {path for path in named if not path.startswith(folders or "/")} == {
        path for path in listed if path not in folders
    } - OPTIONAL
    assert all(any(path.startswith(folder) for path in named) for folder in folders)
