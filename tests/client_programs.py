"""Runs the programs that `modeldrop snippet` prints, with only the tools of their languages."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from typing import TYPE_CHECKING, Any

from model_packager.client_code.languages import Language
from modeldrop.local import tools

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_TOOLS = tools.PROJECT_ROOT / ".tools"
_NODE = _TOOLS / "javascript"
PROGRAMS = {
    Language.PYTHON: ("call.py", "python call.py"),
    Language.AWS_CLI: ("call.sh", "sh -e call.sh"),
    Language.CURL: ("call.sh", "sh -e call.sh"),
    Language.JAVASCRIPT: (
        "call.mjs",
        f"ln -sf {_NODE}/node_modules . && {_NODE}/bin/node call.mjs",
    ),
}
"""The file name of each program, and the command that runs it."""


def run_program(
    language: Language, code: str, folder: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a program in a folder, with these environment variables and the user's PATH."""
    file, command = PROGRAMS[language]
    (folder / file).write_text(code, encoding="utf-8")
    path = f"{tools.PROJECT_ROOT / '.venv/bin'}:{_TOOLS / 'aws/bin'}:/usr/bin:/bin"
    return subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env={**environment, "PATH": path, "HOME": str(folder), "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def with_ones(code: str) -> str:
    """Return the program with ones as input instead of zeros."""
    code = code.replace("np.zeros(", "np.ones(").replace("fill(0)", "fill(1)")
    return re.sub(r'"data": \[[0, ]+\]', lambda data: data[0].replace("0", "1"), code)


def answer(
    language: Language, code: str, folder: Path, environment: Mapping[str, str]
) -> list[float]:
    """Send ones to the model with a program, and return the data of its single output."""
    ran = run_program(language, with_ones(code), folder, environment)
    assert ran.returncode == 0, f"{language}: {ran.stdout}\n{ran.stderr}"
    return outputs(language, ran.stdout)


def failure(language: Language, code: str, folder: Path, environment: Mapping[str, str]) -> str:
    """Run a program that must fail, and return the message on one line."""
    ran = run_program(language, code, folder, environment)
    assert ran.returncode != 0, f"{language}: {ran.stdout}"
    message, _, _stack = ran.stderr.partition("\n    at ")  # the stack trace of Node.js
    return " ".join(message.split())


def outputs(language: Language, printed: str) -> list[float]:
    """Return the data of the single output that a program printed."""
    response: Any
    if language is Language.PYTHON:
        text = printed.partition("array(")[2].partition("]]")[0] + "]]"
        return [float(each) for row in ast.literal_eval(text) for each in row]
    response = json.loads(printed[printed.index("{") :].splitlines()[-1])
    if language is Language.JAVASCRIPT:
        [output] = response.values()
    else:
        [output] = response["outputs"]
    return [float(each) for each in output["data"]]
