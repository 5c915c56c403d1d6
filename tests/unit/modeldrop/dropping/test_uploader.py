from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from model_packager.executions.upload_metadata import GIT_COMMIT, caller_in, commit_in
from modeldrop.dropping.uploader import git_commit, metadata_of_upload

if TYPE_CHECKING:
    from pathlib import Path


def git(folder: Path, *words: str) -> None:
    identity = ("-c", "user.name=Ann", "-c", "user.email=ann@example.com")
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def working_copy(tmp_path: Path) -> Path:
    git(tmp_path, "init")
    (tmp_path / "train.py").write_text("a = 1\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "First")
    return tmp_path


def test_commit_of_a_folder_in_a_working_copy(working_copy: Path) -> None:
    (working_copy / "build").mkdir()  # untracked, like a model file
    found = git_commit(working_copy / "build")
    assert found is not None
    assert commit_in({GIT_COMMIT: found}) == found


def test_settings_of_a_strangers_working_copy_run_no_program(working_copy: Path) -> None:
    ran = working_copy / "ran"
    git(working_copy, "config", "core.fsmonitor", f"touch {ran}; false")
    git(working_copy, "config", "filter.any.clean", f"touch {ran}; cat")
    (working_copy / ".git" / "info" / "attributes").write_text("* filter=any\n")
    (working_copy / "train.py").write_text("a = 2\n")
    assert git_commit(working_copy)
    assert not ran.exists()


def test_tag_does_not_hide_the_commit(working_copy: Path) -> None:
    before = git_commit(working_copy)
    git(working_copy, "tag", "-a", "v1", "-m", "One")
    assert git_commit(working_copy) == before


def test_no_commit_without_a_working_copy_or_without_git(
    tmp_path: Path, working_copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert git_commit(tmp_path / "gone") is None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert git_commit(working_copy) is None


def test_caller_is_that_of_the_credentials(working_copy: Path) -> None:
    with mock_aws():
        metadata = metadata_of_upload(boto3.Session(region_name="us-east-1"), working_copy)
    assert caller_in(metadata, "123456789012") == "user/moto"
    assert commit_in(metadata)


def test_upload_needs_neither_aws_nor_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    session = boto3.Session("test", "test", region_name="us-east-1")
    assert metadata_of_upload(session, tmp_path / "gone") == {}
