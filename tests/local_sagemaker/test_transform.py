"""Transform jobs: S3 objects on the real tritonserver, and requests that SageMaker rejects."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from modeldrop.local.access.owner_auth import OwnerAuth
from modeldrop.local.sagemaker.faults import TransformFault
from modeldrop.local.sagemaker.transform.lifecycle import INSUFFICIENT_CAPACITY, PING_FAILURE
from tests.binary_inference import BINARY
from tests.embedded_cloud.conftest import OWNER
from tests.local_sagemaker.archives import ROWS_CONFIG, archive
from tests.local_sagemaker.conftest import BUCKET, LocalSageMaker, client
from tests.local_sagemaker.inference import rows_request
from tests.local_sagemaker.transform_jobs import ended, put, request, run
from tests.waiting import until


def python_archive(name: str, model: bytes) -> bytes:
    """Return an archive with a Python model that has the same inputs and outputs."""
    config = ROWS_CONFIG.replace('platform: "onnxruntime_onnx"', 'backend: "python"')
    return archive({f"{name}/1/model.py": model, f"{name}/config.pbtxt": config.encode()})


def outputs(local: LocalSageMaker, prefix: str) -> dict[str, bytes]:
    """Return the content of all objects under a prefix, by the key without the prefix."""
    found: dict[str, bytes] = {}
    for page in local.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix):
        for each in page.get("Contents", []):
            content = local.s3.get_object(Bucket=BUCKET, Key=each["Key"])["Body"].read()
            found[each["Key"].removeprefix(prefix)] = content
    return found


def sums(content: bytes) -> list[float]:
    data: list[float] = json.loads(content)["outputs"][0]["data"]
    return data


def log_lines(local: LocalSageMaker, job: str) -> dict[str, list[str]]:
    """Return the lines of a job in CloudWatch Logs, by log stream."""
    group = "/aws/sagemaker/TransformJobs"
    streams = local.logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{job}/")
    found = {}
    for stream in streams["logStreams"]:
        name = stream["logStreamName"]
        events = local.logs.get_log_events(logGroupName=group, logStreamName=name)["events"]
        found[name] = [each["message"] for each in events]
    return found


def named_in_data_log(local: LocalSageMaker, job: str) -> set[str]:
    """Return the objects in the data log of a job, after its first line."""
    streams = log_lines(local, job).items()
    [lines] = [lines for name, lines in streams if name.endswith("/data-log")]
    assert "MaxPayloadInMB=6, BatchStrategy=SINGLE_RECORD" in lines[0]
    return {line.split(": ")[1] for line in lines[1:]}


def servers(local: LocalSageMaker) -> Any:
    """Return the tritonservers, as for the status page."""
    return httpx.get(f"{local.url}/servers", auth=OwnerAuth(OWNER), trust_env=False).json()


def leftovers(local: LocalSageMaker) -> list[Path]:
    folders = ("tritonservers", "models", "transform")
    return [each for folder in folders for each in (local.home / folder).glob("*")]


def test_every_object_has_an_output(batch: LocalSageMaker) -> None:
    put(
        batch,
        "whole/in/",
        **{"a.json": rows_request([[1, 2, 3, 4]]), "deep/b.json": rows_request([[1, 0, 0, 0]])},
    )
    put(batch, "whole/in/", **{"folder/": b""})
    shown = run(batch, "whole", MaxConcurrentTransforms=2)
    assert shown["TransformJobStatus"] == "Completed"
    assert "FailureReason" not in shown
    assert shown["TransformJobArn"].endswith(":transform-job/whole")
    assert shown["CreationTime"] <= shown["TransformStartTime"] <= shown["TransformEndTime"]
    found = outputs(batch, "whole/out/")
    assert {name: sums(content) for name, content in found.items()} == {
        "a.json.out": [10, 10, 10],
        "deep/b.json.out": [1, 1, 1],
    }
    assert leftovers(batch) == []


def test_objects_that_fail_fail_the_job_and_others_have_outputs(batch: LocalSageMaker) -> None:
    """Developer guide, "Troubleshooting": the job continues, and the data log names the objects."""
    put(
        batch,
        "bad/in/",
        a=rows_request([[1, 1, 1, 1]]),
        b=b"no json",
        c=rows_request([[1, 2]]),
        d=rows_request([[2] * 4]),
    )
    shown = run(batch, "bad")
    assert shown["TransformJobStatus"] == "Failed"
    assert shown["FailureReason"].endswith("Error: See job logs for more information")
    assert outputs(batch, "bad/out/").keys() == {"a.out", "d.out"}
    assert named_in_data_log(batch, "bad") == {f"{BUCKET}/bad/in/b", f"{BUCKET}/bad/in/c"}
    streams = log_lines(batch, "bad")
    [container] = [lines for name, lines in streams.items() if not name.endswith("/data-log")]
    assert any("linear" in line for line in container)


def test_manifest_names_the_objects(batch: LocalSageMaker) -> None:
    put(
        batch,
        "listed/",
        **{"x/1": rows_request([[1] * 4]), "x/2": rows_request([[2] * 4]), "x/3": b"not listed"},
    )
    manifest = [{"prefix": f"s3://{BUCKET}/listed/"}, "x/1", "x/2"]
    put(batch, "listed.", manifest=json.dumps(manifest).encode())
    source = {"S3DataType": "ManifestFile", "S3Uri": f"s3://{BUCKET}/listed.manifest"}
    shown = run(
        batch,
        "listed",
        TransformInput={
            "DataSource": {"S3DataSource": source},
            "ContentType": "application/json",
        },
    )
    assert shown["TransformJobStatus"] == "Completed", shown
    found = outputs(batch, "listed/out/")
    assert {name: sums(each)[0] for name, each in found.items()} == {"x/1.out": 4, "x/2.out": 8}


def test_each_line_is_a_record(batch: LocalSageMaker) -> None:
    rows = [[1, 0, 0, 0], [2, 0, 0, 0], [3, 0, 0, 0]]
    put(batch, "lines/in/", all=b"\n".join(rows_request([row]) for row in rows) + b"\n")
    shown = run(
        batch,
        "lines",
        TransformInput={
            **request("lines")["TransformInput"],
            "SplitType": "Line",
        },
        TransformOutput={"S3OutputPath": f"s3://{BUCKET}/lines/out", "AssembleWith": "Line"},
    )
    assert shown["TransformJobStatus"] == "Completed", shown
    responses = outputs(batch, "lines/out/")["all.out"].splitlines()
    assert [sums(each)[0] for each in responses] == [1, 2, 3]


def test_payload_limit(batch: LocalSageMaker) -> None:
    put(batch, "large/in/", small=rows_request([[1] * 4]), large=b" " * 1_000_001)
    shown = run(batch, "large", MaxPayloadInMB=1)
    assert shown["FailureReason"] == "ClientError: See job logs for more information"
    assert outputs(batch, "large/out/").keys() == {"small.out"}
    # Requests without a limit use chunked encoding.
    put(batch, "chunked/in/", any=rows_request([[1] * 4]))
    assert run(batch, "chunked", MaxPayloadInMB=0)["TransformJobStatus"] == "Completed"
    assert sums(outputs(batch, "chunked/out/")["any.out"]) == [4, 4, 4]


def test_failed_requests_are_retried(batch: LocalSageMaker) -> None:
    put(batch, "retried/in/", a=rows_request([[1] * 4]), b=rows_request([[1] * 4]))
    error = TransformFault(
        kind="server_error", job_contains="retried", object_contains="/a", times=2
    )
    batch.faults.add(error)
    config = {"InvocationsMaxRetries": 1}
    assert run(batch, "retried", ModelClientConfig=config)["TransformJobStatus"] == "Failed"
    assert outputs(batch, "retried/out/").keys() == {"b.out"}
    put(batch, "retried-again/in/", a=rows_request([[1] * 4]))
    batch.faults.add(error)
    assert run(batch, "retried-again")["TransformJobStatus"] == "Completed"


def test_request_that_takes_too_long_fails(batch: LocalSageMaker) -> None:
    model = b"""
import time
import triton_python_backend_utils as pb_utils
class TritonPythonModel:
    def execute(self, requests):
        time.sleep(60)
"""
    batch.put_model("slow", python_archive("slow", model))
    put(batch, "late/in/", a=rows_request([[1] * 4]))
    config = {"InvocationsTimeoutInSeconds": 1, "InvocationsMaxRetries": 0}
    shown = run(batch, "late", ModelName="slow", ModelClientConfig=config)
    assert shown["FailureReason"] == "AlgorithmError: See job logs for more information"
    duration = shown["TransformEndTime"] - shown["TransformStartTime"]
    assert duration.total_seconds() < 50  # less than the 60 s that the model takes
    lines = [line for each in log_lines(batch, "late").values() for line in each]
    assert any("Unable to get response from algorithm" in line for line in lines)


def test_container_has_the_environment_of_batch_transform(batch: LocalSageMaker) -> None:
    model = b"""
import os
import triton_python_backend_utils as pb_utils
NAMES = ("SAGEMAKER_BATCH", "SAGEMAKER_BATCH_STRATEGY", "SAGEMAKER_MAX_PAYLOAD_IN_MB",
         "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS", "FROM_MODEL", "FROM_JOB")
class TritonPythonModel:
    def initialize(self, args):
        for name in NAMES:
            pb_utils.Logger.log_error(f"{name}={os.environ.get(name)}")
    def execute(self, requests):
        return []
"""
    files = python_archive("environment", model)
    batch.put_model("environment", files, FROM_MODEL="model", FROM_JOB="model")
    put(batch, "environment/in/", a=b"refused")
    run(
        batch,
        "environment",
        ModelName="environment",
        Environment={"FROM_JOB": "job"},
        MaxPayloadInMB=3,
    )
    text = "\n".join(line for each in log_lines(batch, "environment").values() for line in each)
    for expected in (
        "SAGEMAKER_BATCH=true",
        "SAGEMAKER_BATCH_STRATEGY=SINGLE_RECORD",
        "SAGEMAKER_MAX_PAYLOAD_IN_MB=3",
        "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS=None",
        "FROM_MODEL=model",
        "FROM_JOB=job",
    ):
        assert expected in text


def test_stopped_job_has_no_more_requests(batch: LocalSageMaker) -> None:
    put(batch, "stopped/in/", a=rows_request([[1] * 4]), b=rows_request([[1] * 4]))
    batch.faults.add(TransformFault(kind="hang", job_contains="stopped"))
    batch.sagemaker.create_transform_job(**request("stopped"))
    batch.sagemaker.stop_transform_job(TransformJobName="stopped")
    assert ended(batch, "stopped")["TransformJobStatus"] == "Stopped"
    assert outputs(batch, "stopped/out/") == {}
    with pytest.raises(ClientError, match="because the transform job is in status Stopped"):
        batch.sagemaker.stop_transform_job(TransformJobName="stopped")
    batch.faults.clear("stopped")


def test_stop_ends_the_running_request(batch: LocalSageMaker) -> None:
    """The model of this job takes a minute."""
    put(batch, "cut-off/in/", a=rows_request([[1] * 4]))
    batch.sagemaker.create_transform_job(**request("cut-off", ModelName="slow"))
    until(lambda: list((batch.home / "transform" / "cut-off").glob("*.out")), 60)
    [server] = servers(batch)
    assert (server["job"], server["endpoint"]) == ("cut-off", None)
    batch.sagemaker.stop_transform_job(TransformJobName="cut-off")
    shown = until(lambda: ended(batch, "cut-off"), 30)
    assert shown["TransformJobStatus"] == "Stopped"
    assert servers(batch) == []
    assert outputs(batch, "cut-off/out/") == {}
    assert leftovers(batch) == []


def test_container_that_does_not_start_fails_the_job(batch: LocalSageMaker) -> None:
    batch.put_model("empty", archive({"a": b""}))
    put(batch, "no-container/in/", a=b"")
    shown = run(batch, "no-container", ModelName="empty")
    assert (shown["TransformJobStatus"], shown["FailureReason"]) == ("Failed", PING_FAILURE)
    assert leftovers(batch) == []


@pytest.mark.parametrize(
    ("kind", "reason"), [("insufficient_capacity", INSUFFICIENT_CAPACITY), ("fail", PING_FAILURE)]
)
def test_injected_faults(batch: LocalSageMaker, kind: Any, reason: str) -> None:
    name = f"injected-{kind}".replace("_", "-")
    put(batch, f"{name}/in/", a=rows_request([[1] * 4]))
    batch.faults.add(TransformFault(kind=kind, job_contains=name, instance_type="ml.m5.large"))
    shown = run(batch, name)
    assert (shown["TransformJobStatus"], shown["FailureReason"]) == ("Failed", reason)


def test_each_status_is_an_event(batch: LocalSageMaker, aws_url: str) -> None:
    events, sqs = client("events", aws_url), client("sqs", aws_url)
    queue = sqs.create_queue(QueueName="transform-events")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    pattern = {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Transform Job State Change"],
        "detail": {"TransformJobName": ["announced"]},
    }
    events.put_rule(Name="transform", EventPattern=json.dumps(pattern))
    target = {"Id": "queue", "Arn": attributes["Attributes"]["QueueArn"]}
    events.put_targets(Rule="transform", Targets=[target])
    put(batch, "announced/in/", a=b"refused")
    run(batch, "announced", Tags=[{"Key": "team", "Value": "vision"}])
    received: dict[str, Any] = {}

    def both() -> bool:
        for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get(
            "Messages", []
        ):
            event = json.loads(message["Body"])
            received[event["detail"]["TransformJobStatus"]] = event
        return received.keys() == {"InProgress", "Failed"}

    until(both, 20)
    failed = received["Failed"]
    arn = "arn:aws:sagemaker:us-east-1:000000000000:transform-job/announced"
    assert failed["resources"] == [arn]
    assert failed["detail"]["FailureReason"].endswith("See job logs for more information")
    assert failed["detail"]["Tags"] == {"team": "vision"}
    assert failed["detail"]["TransformOutput"]["S3OutputPath"] == f"s3://{BUCKET}/announced/out"
    assert failed["detail"]["TransformEndTime"].endswith("Z")
    assert "FailureReason" not in received["InProgress"]["detail"]


def test_thousand_objects_with_three_that_fail(batch: LocalSageMaker) -> None:
    """Each of the others has one output, and the data log names the three."""
    broken = {"0007", "0500", "0999"}
    contents = {f"{number:04}": rows_request([[number, 1, 0, 0]]) for number in range(1000)}
    put(batch, "thousand/in/", **contents | dict.fromkeys(broken, b"no json"))
    shown = run(
        batch,
        "thousand",
        MaxConcurrentTransforms=8,
        ModelClientConfig={"InvocationsMaxRetries": 0},
    )
    assert shown["TransformJobStatus"] == "Failed"
    found = outputs(batch, "thousand/out/")
    assert found.keys() == {f"{name}.out" for name in contents.keys() - broken}
    for name, content in found.items():
        assert sums(content) == [int(name[:4]) + 1] * 3
    assert named_in_data_log(batch, "thousand") == {
        f"{BUCKET}/thousand/in/{name}" for name in broken
    }
    assert leftovers(batch) == []


def test_large_objects_need_constant_memory(batch: LocalSageMaker) -> None:
    """100 MB in one request: the peak of the local SageMaker's memory grows by less than 50 MB."""
    rows = 99_000_000 // 16
    tensor: Any = {"name": "x", "shape": [rows, 4], "datatype": "FP32"}
    wanted: Any = {"name": "y", "parameters": {"binary_data": True}}
    tensor["parameters"] = {"binary_data_size": rows * 16}
    header = json.dumps({"inputs": [tensor], "outputs": [wanted]}).encode()
    put(batch, "heavy/in/", a=header + bytes(rows * 16))
    before = batch.peak_bytes()
    kind = f"{BINARY}{len(header)}"
    shown = run(
        batch,
        "heavy",
        MaxPayloadInMB=100,
        TransformInput={**request("heavy")["TransformInput"], "ContentType": kind},
    )
    assert shown["TransformJobStatus"] == "Completed", shown
    [written] = batch.s3.list_objects_v2(Bucket=BUCKET, Prefix="heavy/out/")["Contents"]
    assert written["Size"] > rows * 12
    assert batch.peak_bytes() - before < 50_000_000
    for key in ("heavy/in/a", written["Key"]):
        batch.s3.delete_object(Bucket=BUCKET, Key=key)
