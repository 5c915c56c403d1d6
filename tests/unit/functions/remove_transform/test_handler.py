from __future__ import annotations

from typing import TYPE_CHECKING

from remove_transform.handler import handler
from tests.unit.functions.batch_runs import NAME, batch, event
from tests.unit.functions.samples import ROLE

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_sagemaker import SageMakerClient


def test_model_of_the_run_is_deleted_and_others_stay(
    sagemaker: SageMakerClient, context: LambdaContext
) -> None:
    for name in (NAME, "modeldrop-resnet-other"):
        sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE)
    assert handler(event(batch(1)), context) == {"remaining": []}
    assert [each["ModelName"] for each in sagemaker.list_models()["Models"]] == [
        "modeldrop-resnet-other"
    ]
    assert handler(event(batch(1)), context) == {"remaining": []}
