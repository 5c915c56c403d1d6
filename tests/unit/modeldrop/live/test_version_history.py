from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from model_packager.names.artifact import record_key
from model_packager.names.endpoint import resource_name
from modeldrop.errors import UsageError
from modeldrop.live.version_history import read_history
from tests.unit.modeldrop.recorded import (
    BUCKET,
    MIDDLE,
    NEWEST,
    OLDEST,
    PREFIX,
    ROLE,
    keep,
    note_live,
    record,
)

if TYPE_CHECKING:
    from boto3 import Session
    from mypy_boto3_s3 import S3Client

    from modeldrop.live.version_history import History


@pytest.fixture
def s3(session: Session) -> S3Client:
    client = session.client("s3")
    client.create_bucket(Bucket=BUCKET)
    return client


def serve(session: Session, version: str) -> None:
    sagemaker, name = session.client("sagemaker"), resource_name("modeldrop-resnet", version)
    sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE)
    sagemaker.create_endpoint_config(
        EndpointConfigName=name,
        ProductionVariants=[
            {
                "VariantName": "primary",
                "ModelName": name,
                "InstanceType": "ml.m5.large",
                "InitialInstanceCount": 1,
            }
        ],
    )
    sagemaker.create_endpoint(EndpointName="modeldrop-resnet", EndpointConfigName=name)


def read(session: Session, model: str = "resnet") -> History:
    return read_history(session, model, prefix=PREFIX, artifact_bucket=BUCKET)


def test_what_the_workflow_wrote_is_read_newest_first(session: Session, s3: S3Client) -> None:
    for version, before in ((OLDEST, None), (NEWEST, MIDDLE), (MIDDLE, OLDEST)):
        keep(s3, record(version, supersedes=before))
    note_live(s3, record(NEWEST))
    serve(session, NEWEST)
    history = read(session)
    assert (history.endpoint, history.live, history.serving) == ("modeldrop-resnet", NEWEST, NEWEST)
    assert [each.version for each in history.records] == [NEWEST, MIDDLE, OLDEST]
    assert [each.supersedes for each in history.records] == [MIDDLE, OLDEST, None]
    newest = history.records[0]
    assert (newest.servable.hosting.instance_type, newest.smoke.p50_ms) == ("ml.g4dn.xlarge", 23.4)
    assert (newest.source.key, newest.source.version_id) == ("resnet/model.pt", "v1")


def test_a_version_without_a_record_never_went_live(session: Session, s3: S3Client) -> None:
    s3.put_object(Bucket=BUCKET, Key=f"resnet/{NEWEST}/claim.json", Body=b"{}")
    keep(s3, record(OLDEST, model="resnet-50"))
    with pytest.raises(UsageError, match=r"no retained versions\. Did you mean resnet-50"):
        read(session)


def test_live_version_comes_from_sagemaker(session: Session, s3: S3Client) -> None:
    keep(s3, record(OLDEST))
    note_live(s3, record(OLDEST))
    serve(session, NEWEST)
    history = read(session)
    assert (history.live, history.serving, history.current) == (OLDEST, NEWEST, NEWEST)


def test_a_key_of_a_later_modeldrop_is_passed_over(session: Session, s3: S3Client) -> None:
    written = json.loads(record(NEWEST).model_dump_json()) | {"later": True}
    written["smoke"] |= {"later": 1}
    written["servable"]["hosting"] |= {"later": 1}
    s3.put_object(Bucket=BUCKET, Key=record_key("resnet", NEWEST), Body=json.dumps(written))
    assert [each.version for each in read(session).records] == [NEWEST]


def test_invalid_record_is_a_usage_error(session: Session, s3: S3Client) -> None:
    s3.put_object(Bucket=BUCKET, Key=record_key("resnet", NEWEST), Body=b'{"version": 2}')
    with pytest.raises(UsageError, match=f"s3://{BUCKET}/resnet/{NEWEST}/deployment.json. Use"):
        read(session)


def test_a_folder_is_no_name(session: Session, s3: S3Client) -> None:
    with pytest.raises(UsageError, match="remove the slashes"):
        read(session, f"resnet/{NEWEST}")
