"""If stdout or stderr is full or closed, the command ends with a message, never a traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

# Each writes to stdout in a different way: our JSON, a usage error with --json, typer's help,
# print.
COMMANDS = ["local status --json --home HOME", "inspect HOME/none --json", "--help", "--version"]


def run(command: str, redirection: str, home: Path) -> subprocess.CompletedProcess[str]:
    program = f"{sys.executable} -c 'from modeldrop.command.main import main; main()'"
    line = f"{program} {command.replace('HOME', str(home))} {redirection}"
    return subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("command", COMMANDS)
def test_full_disk_is_reported(command: str, tmp_path: Path) -> None:
    done = run(command, ">/dev/full", tmp_path)

    assert done.returncode in {1, 2}
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


@pytest.mark.parametrize("redirection", [">&-", "2>&-", "2>/dev/full", ">&- 2>&-"])
def test_other_stream_still_works(redirection: str, tmp_path: Path) -> None:
    done = run(f"inspect {tmp_path}/none --json", redirection, tmp_path)

    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    if ">&-" not in redirection.split("2>")[0]:
        assert json.loads(done.stdout)["error"] == "UsageError"


def test_reader_that_ends_gets_no_traceback(tmp_path: Path) -> None:
    done = run("--help", "| true", tmp_path)

    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr
