"""The programs that `modeldrop snippet` prints call a served model, without Modeldrop.

tests/workflow has the programs for the other hosting modes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from model_packager.client_code.languages import Language
from tests.client_programs import PROGRAMS, outputs, with_ones
from tests.embedded_cloud.user_shell import bash

if TYPE_CHECKING:
    from pathlib import Path

    from modeldrop.local.cloud_state import EmbeddedCloud


@pytest.mark.parametrize("language", Language)
def test_program_calls_the_model(
    language: Language, double: Path, embedded: EmbeddedCloud, tmp_path: Path
) -> None:
    file, command = PROGRAMS[language]
    written = f'modeldrop snippet double -l {language} -o {file} --local --home "$CLOUD_HOME"'
    bash(written, tmp_path, embedded.home)
    program = tmp_path / file
    program.write_text(with_ones(program.read_text()))
    printed = bash(f'eval "$(modeldrop local env)"\n{command}', tmp_path, embedded.home)
    assert outputs(language, printed) == [2.0, 2.0]
