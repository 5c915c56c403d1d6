"""Runs a user's shell with `modeldrop`, `aws` and `sam` in its PATH."""

from __future__ import annotations

import subprocess
from pathlib import Path

from modeldrop.local import tools

_TOOLS = tools.PROJECT_ROOT / ".tools"
_PATH = [tools.PROJECT_ROOT / ".venv/bin", _TOOLS / "aws/bin", _TOOLS / "sam/bin"]
# The variables of a user who also works with AWS, which the exports must override.
_OF_ANOTHER_LIFE = {
    "AWS_PROFILE": "work",
    "AWS_SESSION_TOKEN": "real",
    "AWS_ENDPOINT_URL_S3": "https://elsewhere.example",
    "HTTP_PROXY": "http://proxy.example:3128",
}
# The commands on the page do not name a home, but each cloud here has a separate one.
_AT_HOME = """
set -e
modeldrop() {
  if [ "$1" = local ]; then command modeldrop "$@" --home "$CLOUD_HOME"
  else command modeldrop "$@"; fi
}
"""


def bash(script: str, folder: Path, cloud_home: Path) -> str:
    """Run a script in a folder, and return its stdout."""
    done = subprocess.run(
        ["bash", "-c", _AT_HOME + script],
        cwd=folder,
        env={
            "PATH": ":".join([*map(str, _PATH), "/usr/bin:/bin"]),
            "HOME": str(folder),
            "CLOUD_HOME": str(cloud_home),
            "SAM_CLI_TELEMETRY": "0",
            "LC_ALL": "C.UTF-8",
            "COLUMNS": "200",
            **_OF_ANOTHER_LIFE,
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
    return done.stdout
