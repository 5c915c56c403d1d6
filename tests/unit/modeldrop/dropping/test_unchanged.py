"""Files that are already live, and all kinds of differences."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from modeldrop.dropping.drop import Drop, put, with_sibling_files
from modeldrop.dropping.unchanged import unchanged_version
from tests.unit.modeldrop.account import Account
from tests.unit.modeldrop.recorded import BUCKET, OLDEST, note_live, record

if TYPE_CHECKING:
    from pathlib import Path

    from boto3 import Session

DROPS = "drops"


@pytest.fixture
def account(session: Session) -> Account:
    session.client("s3").create_bucket(Bucket=DROPS)
    return Account(session)


@pytest.fixture
def drop(model: Path) -> Drop:
    """A drop with each kind of sibling file."""
    model.with_name("deploy.yaml").write_text("max_batch_size: 4")
    model.with_name("labels.txt").write_text("cat\ndog\n")
    model.with_name("sample").mkdir()
    (model.parent / "sample" / "input.json").write_text("[[1, 2, 3]]")
    return with_sibling_files(Drop("resnet", model))


def deploy(account: Account, drop: Drop) -> str:
    """Upload the files, and create the version that the workflow would create."""
    dropped = put(account.s3, DROPS, drop)
    version = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-3f9a1c2b"
    account.serve(version)
    deployed = record(version)
    source = deployed.source.model_copy(update={"etag": dropped.etag})
    note_live(account.s3, deployed.model_copy(update={"source": source}))
    return version


def found(account: Account, drop: Drop) -> str | None:
    return unchanged_version(account.session, DROPS, BUCKET, drop)


def test_same_files_are_live_already(account: Account, drop: Drop) -> None:
    version = deploy(account, drop)
    account.s3.put_object(Bucket=DROPS, Key="resnet/notes.txt", Body=b"of somebody else")
    assert found(account, drop) == version


def test_name_that_was_never_dropped(account: Account, drop: Drop) -> None:
    assert found(account, drop) is None


@pytest.mark.parametrize("name", ["model.pt", "deploy.yaml", "labels.txt", "sample/input.json"])
def test_changed_file_is_found(account: Account, drop: Drop, name: str) -> None:
    deploy(account, drop)
    file = drop.model.parent / name
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))  # with the same size
    assert found(account, drop) is None


def test_removed_and_added_files_are_found(account: Account, drop: Drop) -> None:
    deploy(account, drop)
    assert found(account, Drop("resnet", drop.model)) is None
    (drop.model.parent / "sample" / "expected.json").write_text("[[1, 2]]")
    assert found(account, drop) is None


def test_drop_after_the_live_version_is_found(account: Account, drop: Drop) -> None:
    """The later drop failed, or the live version is a restored older one."""
    deploy(account, drop)
    account.sagemaker.delete_endpoint(EndpointName="modeldrop-resnet")
    account.serve(OLDEST)
    live = record(OLDEST)
    etag = account.s3.head_object(Bucket=DROPS, Key="resnet/model.pt")["ETag"].strip('"')
    source = live.source.model_copy(update={"etag": etag})
    note_live(account.s3, live.model_copy(update={"source": source}))
    assert found(account, drop) is None


def test_endpoint_that_is_gone_or_runs_another_version(account: Account, drop: Drop) -> None:
    deploy(account, drop)
    account.sagemaker.delete_endpoint(EndpointName="modeldrop-resnet")
    assert found(account, drop) is None
    other = account.make(OLDEST)
    account.sagemaker.create_endpoint(EndpointName="modeldrop-resnet", EndpointConfigName=other)
    assert found(account, drop) is None
