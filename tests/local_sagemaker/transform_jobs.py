"""Transform jobs of the local SageMaker, and their model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.local_sagemaker.conftest import BATCH_MODEL, BUCKET
from tests.waiting import until

if TYPE_CHECKING:
    from tests.local_sagemaker.conftest import LocalSageMaker

RESOURCES: Any = {"InstanceType": "ml.m5.large", "InstanceCount": 1}
FINAL = {"Completed", "Failed", "Stopped"}


def put(local: LocalSageMaker, prefix: str, **objects: bytes) -> None:
    for name, content in objects.items():
        local.s3.put_object(Bucket=BUCKET, Key=f"{prefix}{name}", Body=content)


def request(name: str, **members: Any) -> Any:
    """Return a CreateTransformJob request from `<name>/in/` to `<name>/out/`."""
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{name}/in/"}
    return {
        "TransformJobName": name,
        "ModelName": BATCH_MODEL,
        "TransformInput": {
            "DataSource": {"S3DataSource": source},
            "ContentType": "application/json",
        },
        "TransformOutput": {"S3OutputPath": f"s3://{BUCKET}/{name}/out"},
        "TransformResources": RESOURCES,
        "BatchStrategy": "SingleRecord",
        **members,
    }


def run(local: LocalSageMaker, name: str, **members: Any) -> Any:
    """Run a job to its end, and return its description."""
    local.sagemaker.create_transform_job(**request(name, **members))
    return ended(local, name)


def ended(local: LocalSageMaker, name: str) -> Any:
    def description() -> Any:
        shown = local.sagemaker.describe_transform_job(TransformJobName=name)
        return shown if shown["TransformJobStatus"] in FINAL else None

    return until(description, 120)
