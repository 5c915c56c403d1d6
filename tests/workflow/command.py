"""Runs the installed command against the embedded cloud of the tests."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.workflow.drops import Cloud

COMMAND = Path(sys.executable).with_name("modeldrop")


@dataclass(frozen=True)
class Ended:
    """The exit code and output of the command."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


def modeldrop(cloud: Cloud, *arguments: str) -> Ended:
    """Run `modeldrop <arguments> --local` to its end."""
    words = [str(COMMAND), *arguments, "--local", "--home", str(cloud.embedded.home)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return Ended(done.returncode, done.stdout, done.stderr)
