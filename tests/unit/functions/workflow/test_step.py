from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, NoReturn

import botocore.exceptions as boto
import pytest
from pydantic import ValidationError

from check_endpoint.handler import handler as check_endpoint
from tests.unit.functions.given import DEPLOYMENT, client_error
from workflow.contracts import CheckEndpointInput, CheckEndpointOutput
from workflow.errors import AwsRefused, EndpointFailed, Throttled
from workflow.step import logger, step

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

EVENT = {
    "deployment": DEPLOYMENT.model_dump(mode="json"),
    "target": DEPLOYMENT.endpoint,
    "restoring": False,
    "waited_seconds": 15,
    "patience_seconds": 3600,
}


@step(CheckEndpointInput)
def answering(given: CheckEndpointInput) -> CheckEndpointOutput:
    return CheckEndpointOutput(ready=True, endpoint_status=given.deployment.endpoint)


def fail(error: Exception, context: LambdaContext) -> NoReturn:
    @step(CheckEndpointInput)
    def failing(given: CheckEndpointInput) -> CheckEndpointOutput:
        raise error

    failing(EVENT, context)
    raise AssertionError("the step hid the error")


def test_output_is_json(context: LambdaContext) -> None:
    answer = answering(EVENT, context)
    assert answer == {"ready": True, "endpoint_status": DEPLOYMENT.endpoint}
    assert json.loads(json.dumps(answer)) == answer


def test_unknown_field_is_refused_by_name(context: LambdaContext) -> None:
    with pytest.raises(ValidationError, match="surprise"):
        answering(EVENT | {"surprise": 1}, context)


def test_missing_field_is_refused_by_name(context: LambdaContext) -> None:
    with pytest.raises(ValidationError, match="deployment"):
        answering({}, context)


def test_step_errors_pass(context: LambdaContext) -> None:
    with pytest.raises(EndpointFailed, match="because\nFix: do it"):
        fail(EndpointFailed("because", "do it"), context)


def test_throttling_becomes_throttled(context: LambdaContext) -> None:
    with pytest.raises(Throttled, match="Rate exceeded"):
        fail(client_error("ThrottlingException", "Rate exceeded"), context)


def test_refusal_becomes_aws_refused_and_keeps_its_cause(context: LambdaContext) -> None:
    original = client_error("AccessDeniedException", "no")
    with pytest.raises(AwsRefused) as caught:
        fail(original, context)
    assert caught.value.__cause__ is original


def test_connection_cut_in_the_middle_becomes_throttled(context: LambdaContext) -> None:
    with pytest.raises(Throttled, match="could not be reached"):
        fail(boto.IncompleteReadError(actual_bytes=1, expected_bytes=2), context)


def test_other_errors_pass_as_they_are(context: LambdaContext) -> None:
    with pytest.raises(ZeroDivisionError):
        fail(ZeroDivisionError(), context)


def test_unreachable_aws_becomes_throttled(
    context: LambdaContext, monkeypatch: pytest.MonkeyPatch, new_clients: None
) -> None:
    with socket.socket() as taken:  # bound, and not listening: connections are refused
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER", url)
        with pytest.raises(Throttled, match=url):
            check_endpoint(EVENT, context)


def test_log_lines_carry_the_deployment(
    context: LambdaContext, caplog: pytest.LogCaptureFixture
) -> None:
    @step(CheckEndpointInput)
    def logging(given: CheckEndpointInput) -> CheckEndpointOutput:
        logger.warning("seen")
        return CheckEndpointOutput(ready=False, endpoint_status="Creating")

    logging(EVENT, context)
    line = json.loads(logger.registered_formatter.format(caplog.records[-1]))
    assert line["message"] == "seen"
    assert line["model"] == DEPLOYMENT.model
    assert line["execution_arn"] == DEPLOYMENT.execution_arn
