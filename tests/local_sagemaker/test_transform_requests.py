"""Requests about transform jobs that SageMaker accepts or refuses."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_sagemaker.conftest import BUCKET, IMAGE, ROLE, LocalSageMaker
from tests.local_sagemaker.inference import rows_request
from tests.local_sagemaker.transform_jobs import RESOURCES, put, request, run


def source(**members: Any) -> dict[str, Any]:
    """Return a changed TransformInput."""
    return {"TransformInput": {**request("refused")["TransformInput"], **members}}


def resources(**members: Any) -> dict[str, Any]:
    return {"TransformResources": {**RESOURCES, **members}}


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"ModelName": "nothing"}, 'Could not find model "arn:aws:sagemaker:'),
        ({"ModelName": "uncompressed"}, "doesn't support Model entity .* ModelDataSource"),
        ({"ModelName": "several"}, "does not support containers with Mode MultiModel"),
        ({"MaxPayloadInMB": 101}, "the maximum is 100"),
        ({"MaxConcurrentTransforms": 11, "MaxPayloadInMB": 10}, r"11 \* 10; the maximum is 100"),
        ({"MaxConcurrentTransforms": 17}, r"17 \* 6; the maximum is 100"),
        (resources(InstanceType="ml.g4dn.metal"), "Member must satisfy enum value set"),
        (resources(InstanceCount=101), "the maximum is 100"),
        (resources(TransformAmiVersion="al2-ami-sagemaker-batch-gpu-470"), "is for GPUs"),
        (
            resources(InstanceType="ml.g4dn.xlarge", TransformAmiVersion="al2-gpu-550"),
            "al2-gpu-550 does not exist",
        ),
        (resources(InstanceType="ml.g4dn.xlarge", VolumeKmsKeyId="k"), "has local storage"),
        ({"Environment": {f"A{i}": "" for i in range(17)}}, "less than or equal to 16"),
        ({"ModelClientConfig": {"InvocationsMaxRetries": 4}}, "less than or equal to 3"),
        ({"TransformJobName": "a" * 64}, "less than or equal to 63"),
        ({"TransformJobName": "a_b"}, "regular expression pattern"),
        (source(SplitType="RecordIO"), "local SageMaker does not support SplitType RecordIO"),
        (source(CompressionType="Gzip"), "local SageMaker does not support CompressionType"),
        ({"DataProcessing": {"InputFilter": "$[1:]"}}, "does not support DataProcessing"),
        ({"DataCaptureConfig": {"DestinationS3Uri": "s3://a/b"}}, "support DataCaptureConfig"),
        (
            source(DataSource={"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://none/x"}}),
            r'No S3 objects found under S3 URL "s3://none/x" .* region \(us-east-1\)',
        ),
        (
            source(
                DataSource={
                    "S3DataSource": {"S3DataType": "AugmentedManifestFile", "S3Uri": "s3://a/b"}
                }
            ),
            "is not compatible",
        ),
    ],
)
def test_what_sagemaker_refuses(batch: LocalSageMaker, members: Any, message: str) -> None:
    put(batch, "refused/in/", a=b"")
    if "ModelName" in members:
        create_refused_models(batch)
    with pytest.raises(ClientError, match=message) as caught:
        batch.sagemaker.create_transform_job(**request("refused", **members))
    assert caught.value.response["Error"]["Code"] == "ValidationException"


def create_refused_models(batch: LocalSageMaker) -> None:
    if any(each["ModelName"] == "several" for each in batch.sagemaker.list_models()["Models"]):
        return
    put(batch, "plain/", **{"linear/config.pbtxt": b""})
    plain = {"S3Uri": f"s3://{BUCKET}/plain/", "S3DataType": "S3Prefix", "CompressionType": "None"}
    containers: dict[str, Any] = {
        "uncompressed": {"Image": IMAGE, "ModelDataSource": {"S3DataSource": plain}},
        "several": {"Image": IMAGE, "Mode": "MultiModel", "ModelDataUrl": f"s3://{BUCKET}/plain/"},
    }
    for name, container in containers.items():
        batch.sagemaker.create_model(
            ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container
        )


def test_name_can_be_used_once(batch: LocalSageMaker) -> None:
    put(batch, "once/in/", a=rows_request([[1] * 4]))
    assert run(batch, "once")["TransformJobStatus"] == "Completed"
    with pytest.raises(
        ClientError, match="a transform job with this name already exists"
    ) as caught:
        batch.sagemaker.create_transform_job(**request("once"))
    assert caught.value.response["Error"]["Code"] == "ResourceInUse"


def test_jobs_are_listed_and_tagged(batch: LocalSageMaker) -> None:
    for name in ("shown-1", "shown-2"):
        put(batch, f"{name}/in/", a=rows_request([[1] * 4]))
        run(batch, name, Tags=[{"Key": "job", "Value": name}])
    listed = batch.sagemaker.list_transform_jobs(
        NameContains="shown", StatusEquals="Completed", SortBy="Name", SortOrder="Ascending"
    )["TransformJobSummaries"]
    assert [each["TransformJobName"] for each in listed] == ["shown-1", "shown-2"]
    tags = batch.sagemaker.list_tags(ResourceArn=listed[0]["TransformJobArn"])["Tags"]
    assert tags == [{"Key": "job", "Value": "shown-1"}]
    none = batch.sagemaker.list_transform_jobs(NameContains="shown", StatusEquals="Failed")
    assert none["TransformJobSummaries"] == []


def test_unknown_job(batch: LocalSageMaker) -> None:
    with pytest.raises(ClientError, match="Could not find requested job with name: nobody"):
        batch.sagemaker.describe_transform_job(TransformJobName="nobody")
    with pytest.raises(ClientError, match="Could not find job to update with name: nobody"):
        batch.sagemaker.stop_transform_job(TransformJobName="nobody")
