"""Each tool is installed in exactly the pinned version."""

from __future__ import annotations

from pathlib import Path

import pytest

from modeldrop.local import tools


def test_missing_tool_has_a_fix(tmp_path: Path) -> None:
    absent = tools.Tool("aws-sam-cli", "1.0", tmp_path, tmp_path / "bin" / "sam")

    with pytest.raises(tools.ToolMissing, match="make setup"):
        absent.require()


def test_tool_of_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "lib" / "aws_sam_cli-0.9.dist-info").mkdir(parents=True)
    other = tools.Tool("aws-sam-cli", "1.0", tmp_path, tmp_path)

    with pytest.raises(tools.ToolMissing, match=r"contains 0\.9"):
        other.require()


def test_pins_and_tools_name_the_same_versions() -> None:
    for name, tool in {
        "ministack": tools.ministack(),
        "sam": tools.sam(),
        "triton": tools.triton(),
    }.items():
        pins = (tools.PROJECT_ROOT / "requirements" / f"{name}.txt").read_text().splitlines()
        assert f"{tool.distribution}=={tool.version}" in pins
