"""The handler with the settings of a stack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from inspect_model.handler import handler
from tests.unit.functions.samples import ARTIFACTS, EXECUTION
from workflow.contracts.deploy_model import InspectModelOutput

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext

    from model_packager.stored import Source

    Inspect = Callable[..., InspectModelOutput]


@pytest.fixture
def inspect(context: LambdaContext, monkeypatch: pytest.MonkeyPatch) -> Inspect:
    for name, value in {
        "ENDPOINT_PREFIX": "modeldrop",
        "TRITON_RELEASE": "26.05",
        "INSTANCE_TYPE": "ml.g4dn.xlarge",
        "INSTANCE_COUNT": "1",
        "ARTIFACT_BUCKET": ARTIFACTS,
        "KMS_KEY_ARN": "",
        "SUBNET_IDS": "",
        "SECURITY_GROUP_IDS": "",
        "ALLOW_NETWORK_ACCESS": "false",
        "INFERENCE_TOPIC_ARN": "arn:aws:sns:us-east-1:123456789012:inference",
        "DATA_CAPTURE_PERCENT": "0",
        "RESOURCE_TAGS": "team=vision",
        "SPEC_TAGS_OVERRIDE": "false",
        "ALLOWED_INSTANCE_TYPES": "ml.g4dn.xlarge,ml.m5.large",
        "MAX_INSTANCES": "6",
        "CPU_TEST": "off",
    }.items():
        monkeypatch.setenv(name, value)

    def inspect(
        source: Source,
        execution: str = EXECUTION,
        sequencer: str | None = None,
        *,
        redeploying: bool = False,
    ) -> InspectModelOutput:
        event: dict[str, Any] = {
            "source": source.model_dump(),
            "redeploying": redeploying,
            "event_time": "2026-08-01T17:12:24+02:00",
            "sequencer": sequencer,
            "execution_arn": execution,
        }
        return InspectModelOutput.model_validate(handler(event, context))

    return inspect
