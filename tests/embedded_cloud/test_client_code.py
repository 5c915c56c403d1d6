"""The programs that `modeldrop snippet` prints call a served model, without Modeldrop."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from model_packager.client_code.languages import Language
from modeldrop.local import tools
from tests.embedded_cloud.user_shell import bash

if TYPE_CHECKING:
    from modeldrop.local.cloud import EmbeddedCloud

NODE = tools.PROJECT_ROOT / ".tools" / "javascript"
PROGRAMS = {
    Language.PYTHON: ("call.py", "python call.py"),
    Language.AWS_CLI: ("call.sh", "sh -e call.sh"),
    Language.CURL: ("call.sh", "sh -e call.sh"),
    Language.JAVASCRIPT: ("call.mjs", f"ln -s {NODE}/node_modules . && {NODE}/bin/node call.mjs"),
}


@pytest.mark.parametrize("language", Language)
def test_program_calls_the_model(
    language: Language, double: Path, embedded: EmbeddedCloud, tmp_path: Path
) -> None:
    file, command = PROGRAMS[language]
    printed = bash(
        f'eval "$(modeldrop local env)"\n'
        f'modeldrop snippet double -l {language} -o {file} --local --home "$CLOUD_HOME"\n'
        f'sed -i \'s/zeros/ones/; s/fill(0)/fill(1)/; s/"data": \\[0, 0/"data": [1, 1/\' {file}\n'
        f"{command}",
        tmp_path,
        embedded.home,
    )
    assert outputs(language, printed) == [2.0, 2.0]


def outputs(language: Language, printed: str) -> list[float]:
    """Return the data of the one output."""
    answer: Any
    if language is Language.PYTHON:
        text = printed.partition("array(")[2].partition("]]")[0] + "]]"
        return [float(each) for row in ast.literal_eval(text) for each in row]
    answer = json.loads(printed[printed.index("{") :].splitlines()[-1])
    if language is Language.JAVASCRIPT:
        [output] = answer.values()
    else:
        [output] = answer["outputs"]
    return [float(each) for each in output["data"]]
