"""The README's commands, as they stand there, one after the other."""

import json
import re
import shlex
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def commands() -> list[str]:
    block = re.search(r"```console\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert block
    return [line.removeprefix("$ ").partition(" #")[0].strip() for line in block[1].splitlines()]


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder that has the command where the README says it is."""
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    return tmp_path


def run(command: str, home: Path) -> subprocess.CompletedProcess[str]:
    words = shlex.split(command)
    if "local" in words or "--local" in words:
        words += ["--home", str(home)]
    return subprocess.run(words, cwd=home.parent, capture_output=True, text=True)


def test_transcript(here: Path) -> None:
    home = here / "cloud"
    told = ""
    try:
        for command in commands():
            done = run(command, home)
            assert done.returncode == 0, f"{command}\n{done.stderr}"
            told = done.stdout if "local run" in command else told
    finally:
        run(".venv/bin/modeldrop local down", home)
    assert (here / "model.tar.gz").stat().st_size > (here / "resnet18.pt").stat().st_size
    assert json.loads(told)["status"] == "SUCCEEDED"
    assert json.loads(told)["model"] == "resnet18"
    assert sorted(path.name for path in home.iterdir()) == ["lock", "logs"]
