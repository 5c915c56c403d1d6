"""The live version of a model."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from model_client.sample_file import File
from model_packager.spec.deploy_spec import DeploySpec
from model_packager.spec.smoke_test_spec import SmokeTest
from model_packager.stored import Live
from modeldrop.errors import UsageError
from modeldrop.live.live_model import LiveModel, read_live_model, with_input
from tests.unit.functions.deployment_records import record
from tests.unit.functions.samples import ARTIFACTS, ENDPOINT, VERSION, signature, tensor

if TYPE_CHECKING:
    from pathlib import Path

    from boto3 import Session

SPEC = DeploySpec(smoke_test=SmokeTest(max_p95_ms=80))
RECORD = record(VERSION, SPEC)
LIVE = Live(
    model="resnet",
    version=VERSION,
    endpoint=ENDPOINT,
    source=RECORD.source,
    since=RECORD.deployed_at,
    record=f"resnet/{VERSION}/deployment.json",
)

Put = Callable[[str, Any], None]


@pytest.fixture
def put(session: Session) -> Put:
    s3 = session.client("s3")
    s3.create_bucket(Bucket=ARTIFACTS)

    def put(key: str, content: Any) -> None:
        body = content if isinstance(content, bytes) else content.model_dump_json().encode()
        s3.put_object(Bucket=ARTIFACTS, Key=f"resnet/{key}", Body=body)

    return put


def test_live_model_comes_from_the_record(session: Session, put: Put) -> None:
    put("live.json", LIVE)
    put(f"{VERSION}/deployment.json", RECORD)
    put(f"{VERSION}/sample/expected.npy", b"4")
    put(f"{VERSION}/sample/input.npy", b"12")
    assert read_live_model(session, "resnet", ARTIFACTS) == LiveModel(
        model="resnet",
        version=VERSION,
        endpoint=ENDPOINT,
        signature=signature(),
        smoke_test=SPEC.smoke_test,
        sample=File("sample/input.npy", b"12"),
    )


def test_drop_without_a_sample_has_none(session: Session, put: Put) -> None:
    put("live.json", LIVE)
    put(f"{VERSION}/deployment.json", RECORD)
    assert read_live_model(session, "resnet", ARTIFACTS).sample is None


def test_model_without_live_version_is_a_usage_error(session: Session, put: Put) -> None:
    with pytest.raises(UsageError, match="resnet has no live version"):
        read_live_model(session, "resnet", ARTIFACTS)
    put("live.json", LIVE)  # the version is no longer retained
    with pytest.raises(UsageError, match="resnet has no live version"):
        read_live_model(session, "resnet", ARTIFACTS)


def test_name_of_no_model_is_refused(session: Session) -> None:
    with pytest.raises(UsageError, match="remove the slashes"):
        read_live_model(session, "team/resnet", ARTIFACTS)
    with pytest.raises(UsageError, match='Invalid model name "-"'):
        read_live_model(session, "-", ARTIFACTS)


PICTURE_MODEL = LiveModel(
    "resnet", VERSION, ENDPOINT, signature((tensor("x", 3, 224, 224),)), SmokeTest(), None
)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        with_input(PICTURE_MODEL, tmp_path / "gone.png")


def test_a_file_of_another_kind(tmp_path: Path) -> None:
    """NumPy's parser would read it, and advise to unpickle it."""
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(UsageError, match=r"Unsupported input .*notes\.txt\. Supported: \.npy"):
        with_input(PICTURE_MODEL, tmp_path / "notes.txt")
