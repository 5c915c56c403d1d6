"""The defaults that samconfig.toml has for the stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from modeldrop.errors import UsageError
from modeldrop.stack.samconfig import SamDefaults, read_samconfig

if TYPE_CHECKING:
    from pathlib import Path

TEXT = """\
version = 0.1

[default.global.parameters]
stack_name = "all"
region = "us-east-1"

[default.deploy.parameters]
stack_name = "deployed"
capabilities = "CAPABILITY_IAM"

[prod.deploy.parameters]
stack_name = "live"
profile = "ops"
"""


def test_the_commands_own_section_comes_before_the_global_one(tmp_path: Path) -> None:
    (tmp_path / "samconfig.toml").write_text(TEXT)
    assert read_samconfig(tmp_path, None) == SamDefaults("deployed", "us-east-1", None)


def test_an_environment_is_another_section(tmp_path: Path) -> None:
    (tmp_path / "samconfig.toml").write_text(TEXT)
    assert read_samconfig(tmp_path, "prod") == SamDefaults("live", None, "ops")


def test_the_nearest_file_above_counts(tmp_path: Path) -> None:
    below = tmp_path / "models" / "resnet"
    below.mkdir(parents=True)
    (tmp_path / "samconfig.toml").write_text(TEXT)
    assert read_samconfig(below, None).stack_name == "deployed"
    (below.parent / "samconfig.toml").write_text("version = 0.1\n")
    assert read_samconfig(below, None) == SamDefaults()


def test_unreadable_parameters_are_a_usage_error(tmp_path: Path) -> None:
    text = """[default.deploy.parameters]\nparameter_overrides = 'KeptVersions="5'\n"""
    (tmp_path / "samconfig.toml").write_text(text)
    with pytest.raises(UsageError, match=r"parameter_overrides that cannot be read \(No closing"):
        read_samconfig(tmp_path, None)


def test_unknown_environment_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "samconfig.toml").write_text(TEXT)
    with pytest.raises(UsageError, match=r"has no environment stage\. Available: default, prod"):
        read_samconfig(tmp_path, "stage")


@pytest.mark.parametrize(
    "value",
    ['"KeptVersions=5 AllowedInstanceTypes=a,b"', '["KeptVersions=5", "AllowedInstanceTypes=a,b"]'],
)
def test_parameters_of_the_stack_are_a_text_or_a_list(tmp_path: Path, value: str) -> None:
    (tmp_path / "samconfig.toml").write_text(
        f"[default.deploy.parameters]\nparameter_overrides = {value}\n"
    )
    parameters = read_samconfig(tmp_path, None).parameters
    assert parameters == {"KeptVersions": "5", "AllowedInstanceTypes": "a,b"}


@pytest.mark.parametrize("content", [b"[default", b"\xff\xfe", b'default = "text"'])
def test_a_file_that_is_damaged(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "samconfig.toml").write_bytes(content)
    if content.startswith(b"default"):
        assert read_samconfig(tmp_path, None) == SamDefaults()
    else:
        with pytest.raises(UsageError, match="is not valid TOML"):
            read_samconfig(tmp_path, None)
