"""The options of `tune`, and its output file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from modeldrop.command.app import app
from modeldrop.command.tune import report
from modeldrop.tuning.search import Candidate
from tests.unit.modeldrop.tuning.test_search import Computer, hill

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("minutes", ["0", "-1", "nan"])
def test_search_without_time_is_a_usage_error(tmp_path: Path, minutes: str) -> None:
    ended = CliRunner().invoke(app, ["tune", str(tmp_path / "model.pt"), "--minutes", minutes])
    assert "--minutes should be greater than 0" in str(ended.exception)


def test_new_keys_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "best.yaml"
    report(Computer(hill).tune(), file, None, as_json=True)
    assert "dynamic_batching" in file.read_text()
    assert f"Wrote {file}" in capsys.readouterr().err


def test_current_settings_write_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "best.yaml"
    best = Candidate(instances=2, batch_size=4, delay=500)
    report(Computer(hill).tune(best), file, None, as_json=True)
    assert not file.exists()
    assert f"{file} was not written" in capsys.readouterr().err
