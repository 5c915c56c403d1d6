"""What is to be measured, as the deployment record tells it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from model_client.request import BODY_LIMIT_BYTES
from model_client.sample_file import File
from model_packager.deploy_spec import DeploySpec
from model_packager.load_profile import LoadProfile
from model_packager.rejection import ModelRejected
from model_packager.smoke_test_spec import SmokeTest
from modeldrop.bench import Target, bench, read_target
from modeldrop.mistake import Mistake
from tests.unit.functions.given import ARTIFACTS, ENDPOINT, VERSION, signature, tensor

if TYPE_CHECKING:
    from boto3 import Session

LIVE = {"version": VERSION, "endpoint": ENDPOINT, "record": f"resnet/{VERSION}/deployment.json"}
SPEC = DeploySpec(smoke_test=SmokeTest(max_p95_ms=80))
RECORD = {
    "signature": signature().model_dump(mode="json"),
    "spec": SPEC.model_dump(mode="json"),
    "smoke": {"passed": True},
}

Put = Callable[[str, Any], None]


@pytest.fixture
def put(session: Session) -> Put:
    s3 = session.client("s3")
    s3.create_bucket(Bucket=ARTIFACTS)

    def put(key: str, content: Any) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        s3.put_object(Bucket=ARTIFACTS, Key=f"resnet/{key}", Body=body)

    return put


def test_target_is_what_the_record_says(session: Session, put: Put) -> None:
    put("live.json", LIVE)
    put(f"{VERSION}/deployment.json", RECORD)
    put(f"{VERSION}/sample/expected.npy", b"4")
    put(f"{VERSION}/sample/input.npy", b"12")
    assert read_target(session, "resnet", ARTIFACTS) == Target(
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
    assert read_target(session, "resnet", ARTIFACTS).sample is None


def test_nothing_live_is_a_mistake(session: Session, put: Put) -> None:
    with pytest.raises(Mistake, match="No version of resnet is live"):
        read_target(session, "resnet", ARTIFACTS)
    put("live.json", LIVE)  # its version is not kept any more
    with pytest.raises(Mistake, match="No version of resnet is live"):
        read_target(session, "resnet", ARTIFACTS)


def test_name_that_is_no_models_is_refused(session: Session) -> None:
    with pytest.raises(Mistake, match="leave the folders out"):
        read_target(session, "team/resnet", ARTIFACTS)
    with pytest.raises(ModelRejected):
        read_target(session, "-", ARTIFACTS)


def test_request_that_sagemaker_would_not_take_is_not_sent(session: Session) -> None:
    wide = signature((tensor("x", BODY_LIMIT_BYTES),))
    target = Target("resnet", VERSION, ENDPOINT, wide, SmokeTest(), None)
    with pytest.raises(Mistake, match="Ask with a smaller --input"):
        bench(session, target, LoadProfile())
