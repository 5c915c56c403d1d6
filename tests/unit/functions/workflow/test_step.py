from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, NoReturn

import botocore.exceptions as boto
import pytest
from pydantic import ValidationError

from check_endpoint.handler import handler as check_endpoint
from tests.unit.functions.emitted import logged
from tests.unit.functions.samples import DEPLOYMENT, HOSTING, SERVABLE, client_error
from workflow.contracts.deploy_model import (
    CheckEndpointInput,
    CheckEndpointOutput,
    CreateModelInput,
    CreateModelOutput,
)
from workflow.contracts.retire_model import WatchEndpointsInput, WatchEndpointsOutput
from workflow.errors import AwsRefused, EndpointFailed, Throttled
from workflow.step import logger, step

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

EVENT = {
    "deployment": DEPLOYMENT.model_dump(mode="json"),
    "target": DEPLOYMENT.endpoint,
    "restoring": False,
    "endpoint": {},
    "signature": {"inputs": [], "outputs": [], "max_batch_size": 8},
    "instance_type": "ml.g4dn.xlarge",
    "waited_seconds": 15,
    "timeout_seconds": 3600,
}
IDENTITY = DEPLOYMENT.model_dump(exclude={"content", "sequencer", "number", "pool", "pool_config"})


@step(CheckEndpointInput)
def answering(event: CheckEndpointInput) -> CheckEndpointOutput:
    return CheckEndpointOutput(ready=True, endpoint_status=event.deployment.endpoint)


def fail(error: Exception, context: LambdaContext) -> NoReturn:
    @step(CheckEndpointInput)
    def failing(event: CheckEndpointInput) -> CheckEndpointOutput:
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
    # The socket is bound but does not listen, so connections are refused.
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER", url)
        with pytest.raises(Throttled, match=url):
            check_endpoint(EVENT, context)


@step(CheckEndpointInput)
def talking(event: CheckEndpointInput) -> CheckEndpointOutput:
    logger.warning("seen")
    return CheckEndpointOutput(ready=False, endpoint_status="Creating")


def test_every_line_contains_state_model_version_and_execution(
    context: LambdaContext, caplog: pytest.LogCaptureFixture
) -> None:
    talking(EVENT, context)
    found = logged(caplog)
    # The path of this test starts with tests/.
    assert [each["message"] for each in found] == ["seen", "Tests done"]
    assert all(each.items() >= IDENTITY.items() for each in found)
    assert {each["state"] for each in found} == {"Tests"}
    assert found[-1]["seconds"] >= 0


def test_failure_is_logged_with_its_cause_and_identity(
    context: LambdaContext, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(EndpointFailed):
        fail(EndpointFailed("because", "do it"), context)
    (line,) = logged(caplog)
    assert (line["message"], line["level"]) == ("Tests failed", "WARNING")
    assert (line["error"], line["cause"]) == ("EndpointFailed", "because\nFix: do it")
    assert line["version"] == DEPLOYMENT.version


def test_aws_error_has_the_name_that_the_state_machine_catches(
    context: LambdaContext, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(Throttled):
        fail(client_error("ThrottlingException", "Rate exceeded"), context)
    assert logged(caplog)[0]["error"] == "Throttled"


def test_invocations_do_not_share_log_fields(
    context: LambdaContext, caplog: pytest.LogCaptureFixture
) -> None:
    @step(WatchEndpointsInput)
    def watching(event: WatchEndpointsInput) -> WatchEndpointsOutput:
        return WatchEndpointsOutput(started=[])

    talking(EVENT, context)
    watching({}, context)
    assert "model" not in logged(caplog)[-1]


def test_environment_of_a_container_is_in_no_log_line_and_no_error(
    context: LambdaContext, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    @step(CreateModelInput)
    def creating(event: CreateModelInput) -> CreateModelOutput:
        raise AwsRefused("no", "fix it")

    secret = "hunter2"  # noqa: S105
    hosting = HOSTING.model_copy(update={"environment": {"API_KEY": secret}})
    servable = SERVABLE.model_copy(update={"hosting": hosting}).model_dump(mode="json")
    event = {
        "deployment": DEPLOYMENT.model_dump(),
        "artifact_uri": "s3://artifacts/model.tar.gz",
        "servable": servable,
    }
    with pytest.raises(AwsRefused):
        creating(event, context)
    invalid = servable["hosting"] | {"surprise": secret, "image": [secret]}
    broken = event | {"servable": servable | {"hosting": invalid}}
    with pytest.raises(ValidationError) as caught:
        creating(broken, context)
    assert "surprise" in str(caught.value)
    assert secret not in str(caught.value)
    assert caplog.records
    assert secret not in caplog.text + capsys.readouterr().out + capsys.readouterr().err


@pytest.mark.slow
def test_trace_can_be_searched_by_state_model_and_version(context: LambdaContext) -> None:
    """The test reads the segments that the X-Ray SDK sends to Lambda's daemon."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
        daemon.bind(("127.0.0.1", 0))
        daemon.settimeout(5)
        port = daemon.getsockname()[1]
        subprocess.run(  # the SDK has one recorder per process, and reads the daemon's address once
            [sys.executable, "-c", TRACED, json.dumps(EVENT)],
            env={
                **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
                "PYTHONPATH": os.pathsep.join(["functions", ".", *sys.path[1:]]),
                "AWS_XRAY_DAEMON_ADDRESS": f"127.0.0.1:{port}",
                "LAMBDA_TASK_ROOT": "/var/task",
                "_X_AMZN_TRACE_ID": "Root=1-5759e988-bd862e3fe1be46a994272793;"
                "Parent=53995c3f42cd8ad8;Sampled=1",
            },
            check=True,
            capture_output=True,
        )
        sent = daemon.recv(65_507).partition(b"\n")[2]
    segment = json.loads(sent)
    annotations = segment["annotations"]
    assert annotations.items() >= IDENTITY.items()
    assert annotations["state"] == "Delete Staging Endpoint"
    assert "metadata" not in segment  # X-Ray would keep the whole output


TRACED = """
import json, sys
from tests.unit.functions.conftest import Invocation
from workflow.contracts.deploy_model import DeleteStagingEndpointInput, DeleteStagingEndpointOutput
from workflow.step import step

def work(event):
    return DeleteStagingEndpointOutput(staging_endpoint="")

work.__module__ = "delete_staging_endpoint.handler"
event = json.loads(sys.argv[1])
step(DeleteStagingEndpointInput)(work)({"deployment": event["deployment"]}, Invocation())
"""
