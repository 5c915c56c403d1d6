from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from modeldrop.command.terminal.output_file import check_output
from modeldrop.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def test_new_or_old_file_can_be_written(tmp_path: Path) -> None:
    file = tmp_path / "model.tar.gz"
    check_output(file, source=tmp_path / "model.pt")
    file.write_bytes(b"")
    (tmp_path / "model.pt").write_bytes(b"")
    check_output(file, source=tmp_path / "model.pt")


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"No such folder: .*gone"):
        check_output(tmp_path / "gone" / "model.pt")


def test_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a folder"):
        check_output(tmp_path)


def test_model_is_not_overwritten(tmp_path: Path) -> None:
    model = tmp_path / "model.pt"
    model.write_bytes(b"")
    (tmp_path / "link").symlink_to(model)
    for same in (model, tmp_path / "link"):
        with pytest.raises(UsageError, match="is the input"):
            check_output(same, source=model)
