"""Reads the inputs and tools of `sam build`. test_portable_builds.py runs the builds."""

import re
from pathlib import Path

import pytest

from tests.consistency.asl import RESOURCES, ROOT

LAYERS = {
    name: ROOT / resource["Properties"]["ContentUri"]
    for name, resource in RESOURCES.items()
    if resource["Type"] == "AWS::Serverless::LayerVersion"
}
MAKEFILES = [
    ROOT / "functions" / "Makefile",
    *sorted((ROOT / "layers").rglob("*.mk")),
    *sorted((ROOT / "layers").rglob("Makefile")),
]
NOT_PORTABLE = {
    "GNU mv, cp or ln": r"\b(mv|cp|ln) -[A-Za-z]*T",
    "GNU cp": r"(?<!implementation )\bcp (-[A-Za-z]*[ax]\b|--)",
    "GNU coreutils": r"\b(sha\d+sum|md5sum|realpath|readlink -f|nproc|tac|stat -c|date -d)\b",
    "GNU find": r" -(printf|regextype|executable|readable|writable|quit)\b",
    "GNU sed": r"\bsed (-[A-Za-z]*[ir]\b|--)",
    "GNU grep": r"\bgrep (-[A-Za-z]*P|--)",
    "GNU xargs": r"\bxargs (-[A-Za-z]*r\b|--)",
    "GNU long options": r"\b(mktemp|chmod|rm|mkdir|find|sort|cat|head|tail) (-\S+ )*--\w",
    "make after 3.81": r"^\.(SHELLFLAGS|ONESHELL)|\$\(file |^\S+\s*(::?:=|!=)",
}


def test_sams_cache_sees_the_requirements_of_every_layer() -> None:
    """`sam build --cached` compares the files under ContentUri (samcli, build_strategy.py)."""
    assert len(LAYERS) == 4
    assert [
        name for name, folder in LAYERS.items() if not (folder / "requirements.txt").is_file()
    ] == []
    text = (ROOT / "layers" / "layers.mk").read_text()
    used = re.findall(r"\S*requirements\.txt", re.sub(r"(?m)^#.*$", "", text))
    outside = [each for each in used if "LAYERS" in each]
    assert outside == []


@pytest.mark.parametrize("path", MAKEFILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_builds_use_portable_tools(path: Path) -> None:
    text = re.sub(r"(?m)^\s*#.*$", "", path.read_text())
    found = {
        name: match[0]
        for name, pattern in NOT_PORTABLE.items()
        if (match := re.search(pattern, text, re.M))
    }
    assert found == {}
