from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from model_packager.operation_spec import Autoscaling
from scale_endpoint.handler import handler
from tests.unit.functions.given import DEPLOYMENT, ENDPOINT
from workflow.clients import application_autoscaling

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

pytestmark = pytest.mark.usefixtures("aws")

SCALING = Autoscaling(max_instances=3, invocations_per_instance=60)


def event(scaling: Autoscaling | None) -> dict[str, Any]:
    return {
        "deployment": DEPLOYMENT.model_dump(),
        "autoscaling": scaling.model_dump() if scaling else None,
    }


def scaled() -> list[str]:
    found = application_autoscaling().describe_scalable_targets(ServiceNamespace="sagemaker")
    return [each["ResourceId"] for each in found["ScalableTargets"]]


def test_endpoint_is_scaled_where_the_spec_says_so(context: LambdaContext) -> None:
    assert handler(event(SCALING), context) == {"scaled": True}
    assert handler(event(SCALING), context) == {"scaled": True}
    assert scaled() == [f"endpoint/{ENDPOINT}/variant/primary"]


def test_what_an_earlier_version_registered_is_taken_back(context: LambdaContext) -> None:
    handler(event(SCALING), context)
    assert handler(event(None), context) == {"scaled": False}
    assert handler(event(None), context) == {"scaled": False}
    assert scaled() == []
