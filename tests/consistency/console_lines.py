"""The real log lines of the functions: lines of a step, and lines with metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from publish_batch import batch_metrics
from publish_result.deployment_metrics import record
from tests.smoke_results import RANDOM
from tests.unit.functions.conftest import Invocation
from tests.unit.functions.emitted import emitted, logged
from tests.unit.functions.publish_batch.ended_batches import BATCHES
from tests.unit.functions.publish_result.test_deployment_metrics import (
    LOAD,
    REJECTED,
    notification,
)
from tests.unit.functions.publish_retirement.test_retirement_metrics import counted
from tests.unit.functions.samples import DEPLOYMENT
from workflow.contracts.deploy_model import DeleteStagingEndpointInput, DeleteStagingEndpointOutput
from workflow.contracts.retire_model import RetirementDecision
from workflow.step import step

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

CONTEXT = cast("LambdaContext", Invocation())


@step(DeleteStagingEndpointInput)
def succeeding(event: DeleteStagingEndpointInput) -> DeleteStagingEndpointOutput:
    return DeleteStagingEndpointOutput(staging_endpoint="")


@step(DeleteStagingEndpointInput)
def failing(event: DeleteStagingEndpointInput) -> DeleteStagingEndpointOutput:
    raise ZeroDivisionError(event.deployment.model)


def step_lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """Return the last lines of a successful and a failed step, with X-Ray's ID as on AWS."""
    event = {"deployment": DEPLOYMENT.model_dump()}
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("_X_AMZN_TRACE_ID", "Root=1-5759e988-bd862e3fe1be46a994272793")
        succeeding(event, CONTEXT)
        with pytest.raises(ZeroDivisionError):
            failing(event, CONTEXT)
        return logged(caplog)


def metric_lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Return the metric lines of deployments with all metrics, a batch job and a retirement."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("POWERTOOLS_METRICS_NAMESPACE", "Modeldrop")
        environment.setenv("POWERTOOLS_SERVICE_NAME", "modeldrop-dev")
        record(notification(RANDOM.model_copy(update={"load": LOAD})))
        record(notification(smoke=None, failure=REJECTED))
        batch_metrics.record(BATCHES["FAILED_CAPACITY"])
        counted(RetirementDecision.RETIRE)
    return emitted(capsys)


def dimensions_in(lines: list[dict[str, Any]]) -> dict[str, frozenset[str]]:
    """Return the dimensions of each metric, by the metric's name."""
    directives = [each for line in lines for each in line["_aws"]["CloudWatchMetrics"]]
    assert {each["Namespace"] for each in directives} == {"Modeldrop"}
    return {each["Metrics"][0]["Name"]: frozenset(each["Dimensions"][0]) for each in directives}
