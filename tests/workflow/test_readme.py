"""The README's commands, as they stand there, one after the other."""

import json
import re
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


def test_transcript(here: Path) -> None:
    home = here / "cloud"
    answers = {}
    try:
        for command in commands():
            uses_cloud = " local " in command or "--local" in command
            place = f" --home {home}" if uses_cloud else ""
            done = subprocess.run(
                command + place,
                shell=True,
                cwd=here,
                capture_output=True,
                text=True,  # noqa: S602
            )
            assert done.returncode == 0, f"{command}\n{done.stderr}"
            answers[command.split()[1:3][-1]] = done
    finally:
        subprocess.run([".venv/bin/modeldrop", "local", "down", "--home", home], cwd=here)
    assert (here / "model.tar.gz").stat().st_size > (here / "resnet18.pt").stat().st_size
    told = json.loads(answers["run"].stdout if "run" in answers else "{}")
    assert told["status"] == "SUCCEEDED"
    assert told["model"] == "resnet18"
    assert not list(home.glob("cloud.json"))
