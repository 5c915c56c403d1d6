"""Runs the documentation's transcripts unchanged, one command after the other.

A transcript is a block after `<!-- run by tests/workflow/test_transcripts.py -->`. It runs in a
folder with only the environment and the examples, on a separate embedded cloud: the test adds
`--home` to commands for the embedded cloud.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.documentation import ROOT, blocks_run_by, split

if TYPE_CHECKING:
    from pathlib import Path

TRANSCRIPTS = blocks_run_by("tests/workflow/test_transcripts.py")


def run(command: str, home: Path) -> subprocess.CompletedProcess[str]:
    words = split(command)
    if "local" in words or "--local" in words:
        words += ["--home", str(home)]
    return subprocess.run(words, cwd=home.parent, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("page", "commands"), TRANSCRIPTS, ids=[page for page, _ in TRANSCRIPTS])
def test_transcript(page: str, commands: list[str], tmp_path: Path) -> None:
    for name in (".venv", "examples"):
        (tmp_path / name).symlink_to(ROOT / name)
    home = tmp_path / "cloud"
    try:
        for command in commands:
            done = run(command, home)
            assert done.returncode == 0, f"{page}: {command}\n{done.stderr}"
    finally:
        run(".venv/bin/modeldrop local down", home)
    assert sorted(path.name for path in home.iterdir()) == ["home.json", "lock", "logs"]


def test_the_readme_has_one() -> None:
    assert "README.md" in [page for page, _ in TRANSCRIPTS]
