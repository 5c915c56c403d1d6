"""How Step Functions and boto3 see a fault, and whether the call has its side effect."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import boto3
import httpx
import pytest
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

from modeldrop.local.access.owner_auth import OwnerAuth
from modeldrop.local.ministack import process as ministack
from modeldrop.local.ministack.fault_client import EmulatorFaultsClient
from modeldrop.local.ministack.injected_faults import AwsFault, FaultKind, LambdaFault, Service
from tests.embedded_cloud.conftest import OWNER, ministack_session
from tests.embedded_cloud.lambda_function import ROLE, invoke, make_function, run_states

WRITES = """
import os, pathlib

def handler(event, context):
    with open(event["file"], "a") as file:
        file.write("written\\n")
    return os.getpid()
"""

ENDS = """
import os, signal

def handler(event, context):
    if event["how"] == "signal":
        os.kill(os.getpid(), signal.SIGSEGV)
    os._exit(event["how"])
"""

SLEEPS = """
import time

def handler(event, context):
    time.sleep(60)
"""

LISTS = """
import importlib, sys

def handler(event, context):
    sys.path.append(event["packages"])
    boto3, config = (importlib.import_module(name) for name in ("boto3", "botocore.config"))
    once = config.Config(retries={"total_max_attempts": 1})
    s3 = boto3.client("s3", config=once)
    try:
        return s3.list_objects_v2(Bucket=event["bucket"])["KeyCount"]
    except s3.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
"""

ONCE = Config(retries={"total_max_attempts": 1})


@pytest.fixture
def faults(aws: boto3.Session) -> EmulatorFaultsClient:
    return EmulatorFaultsClient(aws.client("s3").meta.endpoint_url, OWNER)


@pytest.fixture
def name() -> str:
    """A unique name, because tests share MiniStack and its faults."""
    return f"n-{uuid.uuid4().hex}"


def run_task(
    aws: boto3.Session, function: str, event: dict[str, Any], *, retried: str = ""
) -> dict[str, Any]:
    """Run the function as the only state of an execution, with one retry of an error."""
    task = {
        "Type": "Task",
        "Resource": function,
        "Arguments": event,
        "Retry": [{"ErrorEquals": [retried], "MaxAttempts": 1}] if retried else [],
        "End": True,
    }
    return run_states(aws, {"Work": task}, start="Work")


@pytest.mark.parametrize(
    ("kind", "error", "written"),
    [
        ("crash_before", "Runtime.ExitError", 0),
        ("crash_after", "Runtime.ExitError", 1),
        ("time_out_before", "Sandbox.Timedout", 0),
        ("time_out_after", "Sandbox.Timedout", 1),
        ("throttle", "Lambda.TooManyRequestsException", 0),
        ("service_error", "Lambda.ServiceException", 0),
    ],
)
def test_lambda_fault_has_its_name_and_its_side_effect(
    aws: boto3.Session,
    faults: EmulatorFaultsClient,
    tmp_path: Path,
    kind: FaultKind,
    error: str,
    written: int,
) -> None:
    file = tmp_path / "effect"
    function = make_function(aws, WRITES)
    event = {"file": str(file)}
    faults.add(LambdaFault(kind=kind, payload_contains=str(file), times=2))

    failed = run_task(aws, function, event)
    assert (failed["status"], failed["error"]) == ("FAILED", error)
    assert _lines(file) == written

    retried = run_task(aws, function, event, retried=error)
    assert retried["status"] == "SUCCEEDED"
    assert _lines(file) == 2 * written + 1


def test_crash_and_timeout_have_the_error_of_lambda(
    aws: boto3.Session, faults: EmulatorFaultsClient, name: str
) -> None:
    function = make_function(aws, WRITES)
    causes = []
    for kind in ("crash_before", "time_out_before"):
        faults.add(LambdaFault(kind=kind, payload_contains=name))
        causes.append(json.loads(run_task(aws, function, {"file": name})["cause"]))

    crash, time_out = causes
    assert crash["errorType"] == "Runtime.ExitError"
    assert crash["errorMessage"].endswith(" Error: Runtime exited with error: signal: killed")
    assert time_out["errorType"] == "Sandbox.Timedout"
    assert time_out["errorMessage"].endswith(" Error: Task timed out after 20.00 seconds")
    assert crash["errorMessage"].startswith("RequestId: ")


def test_environment_is_gone_after_a_crash_and_a_time_out(
    aws: boto3.Session, faults: EmulatorFaultsClient, tmp_path: Path
) -> None:
    function, event = make_function(aws, WRITES), {"file": str(tmp_path / "effect")}
    pids = [invoke(aws, function, event)]
    for kind in ("crash_after", "time_out_after"):
        faults.add(LambdaFault(kind=kind, payload_contains=str(tmp_path)))
        assert "errorType" in invoke(aws, function, event)
        pids.append(invoke(aws, function, event))
    assert len(set(pids)) == 3
    assert not any(_runs(pid) for pid in pids[:2])


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (0, "Runtime exited without providing a reason"),
        (3, "Runtime exited with error: exit status 3"),
        ("signal", "Runtime exited with error: signal: segmentation fault"),
    ],
)
def test_function_that_ends_its_process(aws: boto3.Session, how: object, said: str) -> None:
    """A patch of MiniStack reports the end, without an injected fault."""
    error = invoke(aws, make_function(aws, ENDS), {"how": how})

    assert error["errorType"] == "Runtime.ExitError"
    assert error["errorMessage"].endswith(f" Error: {said}")


def test_function_that_takes_too_long(aws: boto3.Session) -> None:
    function = make_function(aws, SLEEPS)
    client: Any = aws.client("lambda")
    client.update_function_configuration(FunctionName=function, Timeout=1)

    error = invoke(aws, function, {})

    assert error["errorType"] == "Sandbox.Timedout"
    assert error["errorMessage"].endswith(" Error: Task timed out after 1.00 seconds")


def test_reserved_concurrency_throttles_as_on_aws(aws: boto3.Session) -> None:
    function = make_function(aws, WRITES)
    client: Any = aws.client("lambda")
    client.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)

    assert run_task(aws, function, {})["error"] == "Lambda.TooManyRequestsException"


NAME = "NAME"
OBJECT: dict[str, object] = {"Bucket": NAME, "Key": "k"}
UPLOAD = {**OBJECT, "UploadId": "u"}
CALLS: list[tuple[Service, str, Mapping[str, object]]] = [
    ("s3", "HeadObject", OBJECT),
    ("s3", "GetObject", OBJECT),
    ("s3", "PutObject", OBJECT),
    ("s3", "CopyObject", {**OBJECT, "CopySource": "b/k"}),
    ("s3", "DeleteObject", OBJECT),
    ("s3", "DeleteObjects", {"Bucket": NAME, "Delete": {"Objects": [{"Key": "k"}]}}),
    ("s3", "ListObjectsV2", {"Bucket": "other", "Prefix": f"a b/{NAME}"}),
    ("s3", "ListObjectVersions", {"Bucket": NAME}),
    ("s3", "CreateMultipartUpload", OBJECT),
    ("s3", "UploadPart", {**UPLOAD, "PartNumber": 1}),
    ("s3", "UploadPartCopy", {**UPLOAD, "PartNumber": 1, "CopySource": "b/k"}),
    ("s3", "CompleteMultipartUpload", UPLOAD),
    ("s3", "AbortMultipartUpload", UPLOAD),
    ("sns", "Publish", {"TopicArn": f"arn:aws:sns:us-east-1:0:{NAME}", "Message": "m"}),
    ("sqs", "SendMessage", {"QueueUrl": f"http://127.0.0.1/0/{NAME}", "MessageBody": "m"}),
    ("states", "StartExecution", {"stateMachineArn": NAME}),
    ("states", "DescribeExecution", {"executionArn": NAME}),
    ("states", "GetExecutionHistory", {"executionArn": NAME}),
    ("logs", "GetLogEvents", {"logGroupName": NAME, "logStreamName": "s"}),
    ("cloudwatch", "DescribeAlarms", {"AlarmNames": [NAME]}),
    ("cloudwatch", "DeleteAlarms", {"AlarmNames": [NAME]}),
    ("events", "PutRule", {"Name": NAME, "ScheduleExpression": "rate(1 hour)"}),
]


@pytest.mark.parametrize(("service", "operation", "parameters"), CALLS, ids=[c[1] for c in CALLS])
def test_boto3_reads_code_and_status(
    aws: boto3.Session,
    faults: EmulatorFaultsClient,
    name: str,
    service: Service,
    operation: str,
    parameters: Mapping[str, object],
) -> None:
    boto_name: Any = "stepfunctions" if service == "states" else service
    client: Any = aws.client(boto_name, config=ONCE)
    own = json.loads(json.dumps(parameters).replace(NAME, name))
    fault = AwsFault(
        service=service,
        operation=operation,
        code="SlowDown",
        message='Reduce <"your"> request rate.',
        status=503,
        contains=name,
    )
    faults.add(fault)

    with pytest.raises(ClientError) as caught:
        getattr(client, xform_name(operation))(**own)

    response = caught.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 503
    if operation != "HeadObject":  # as on AWS, a response to HEAD has no body
        assert response["Error"]["Code"] == "SlowDown"
        assert response["Error"]["Message"] == 'Reduce <"your"> request rate.'


def test_aws_fault_before_and_after_the_side_effect(
    aws: boto3.Session, faults: EmulatorFaultsClient, name: str
) -> None:
    s3 = aws.client("s3", config=ONCE)
    s3.create_bucket(Bucket=name)
    for after in (False, True):
        faults.add(AwsFault(service="s3", operation="PutObject", contains=name, after=after))
        with pytest.raises(ClientError, match="InternalError"):
            s3.put_object(Bucket=name, Key=f"{after}", Body=b"x")

    assert [each["Key"] for each in s3.list_objects_v2(Bucket=name)["Contents"]] == ["True"]


def test_aws_fault_of_one_function_alone(tmp_path: Path, name: str) -> None:
    """If IAM is enforced, a fault can select calls by the caller."""
    with ministack_session(tmp_path, ministack.Settings()) as strict:
        s3, iam = strict.client("s3", config=ONCE), cast(Any, strict).client("iam")
        s3.create_bucket(Bucket=name)
        iam.create_role(RoleName=ROLE.rpartition("/")[2], AssumeRolePolicyDocument="{}")
        function = make_function(strict, LISTS)
        event = {"bucket": name, "packages": str(Path(boto3.__file__).parents[1])}
        assert invoke(strict, function, event) == "AccessDenied"
        fault = AwsFault(
            service="s3",
            operation="ListObjectsV2",
            code="SlowDown",
            status=503,
            caller_contains=function.rpartition(":")[2],
        )
        EmulatorFaultsClient(s3.meta.endpoint_url, OWNER).add(fault)

        assert s3.list_objects_v2(Bucket=name)["KeyCount"] == 0
        assert invoke(strict, function, event) == "SlowDown"
        assert invoke(strict, function, event) == "AccessDenied"


def test_boto3_retries_an_aws_fault_away(
    aws: boto3.Session, faults: EmulatorFaultsClient, name: str
) -> None:
    sns: Any = aws.client("sns")
    topic = sns.create_topic(Name=name)["TopicArn"]
    faults.add(AwsFault(service="sns", operation="Publish", contains=name, times=2))

    assert sns.publish(TopicArn=topic, Message="m")["ResponseMetadata"]["RetryAttempts"] == 2


def test_cleared_fault_has_no_effect(
    aws: boto3.Session, faults: EmulatorFaultsClient, name: str
) -> None:
    faults.add(AwsFault(service="s3", operation="ListObjectsV2", contains=name, times=None))
    s3 = aws.client("s3", config=ONCE)
    s3.create_bucket(Bucket=name)
    with pytest.raises(ClientError, match="InternalError"):
        s3.list_objects_v2(Bucket=name)

    faults.clear(name)

    assert s3.list_objects_v2(Bucket=name)["KeyCount"] == 0


def test_invalid_fault_is_refused(aws: boto3.Session) -> None:
    url = f"{aws.client('s3').meta.endpoint_url}/_modeldrop/faults"
    answer = httpx.put(url, content='[{"kind": "sulk"}]', auth=OwnerAuth(OWNER), trust_env=False)

    assert answer.status_code == 400
    assert "sulk" in answer.text


def _lines(file: Path) -> int:
    return len(file.read_text().splitlines()) if file.exists() else 0


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
