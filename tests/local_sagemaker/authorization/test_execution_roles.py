"""The local SageMaker checks the policies of execution roles, as AWS does."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest

from model_packager.sagemaker.cloudwatch import INSTANCE_NAMESPACE
from modeldrop.local.sagemaker.hosting.image_access import image_failure
from modeldrop.stack.service_calls import SERVICE_CALLS
from tests.local_sagemaker.archives import archive
from tests.local_sagemaker.authorization.conftest import LIVE, ROLE_ARN, Guarded, allow, error_of
from tests.local_sagemaker.conftest import BUCKET, IMAGE, client
from tests.topic_queue import topic_queue
from tests.waiting import until

ALARM = "watches-live"
OF_ROLE = [call for call in SERVICE_CALLS if call.actor == "execution role"]


@pytest.mark.parametrize("layout", ["archive", "prefix"])
def test_model_is_refused_if_its_role_cannot_read_it(guarded: Guarded, layout: str) -> None:
    """Source of the message: philschmid/llm-sagemaker-sample#2."""
    guarded.local.s3.put_object(Bucket=BUCKET, Key="secret/model/config.pbtxt", Body=b"")
    guarded.local.s3.put_object(Bucket=BUCKET, Key="secret/model.tar.gz", Body=b"")
    url = f"s3://{BUCKET}/secret/" + ("model.tar.gz" if layout == "archive" else "model/")
    source = {"S3Uri": url, "S3DataType": "S3Prefix", "CompressionType": "None"}
    container: Any = {"Image": IMAGE, "ModelDataSource": {"S3DataSource": source}}
    if layout == "archive":
        container = {"Image": IMAGE, "ModelDataUrl": url}

    def create(role: str) -> Any:
        return guarded.local.sagemaker.create_model(
            ModelName=guarded.name(),
            ExecutionRoleArn=role,
            PrimaryContainer=container,
        )

    lacking = ["s3:GetObject"] if layout == "archive" else ["s3:GetObject", "s3:ListBucket"]
    for action in lacking:
        role = guarded.execution_role(action)
        code, message, _ = error_of(partial(create, role))
        assert code == "ValidationException"
        assert message.startswith(
            f'Could not access model data at {url}. Please ensure that the role "{role}" exists'
        )
    assert create(guarded.execution_role())


def test_model_is_refused_if_sagemaker_may_not_assume_its_role(guarded: Guarded) -> None:
    of_lambda = ROLE_ARN + guarded.role([allow("*")], service="lambda.amazonaws.com")
    for role in (of_lambda, f"{ROLE_ARN}nobody"):
        message = error_of(partial(guarded.model, role))[1]
        assert message.startswith("Could not access model data at")


def test_endpoint_fails_if_its_role_can_no_longer_read_the_model(live: Guarded) -> None:
    role = live.execution_role()
    model = live.model(role)
    live.grant(role.rpartition("/")[2], [allow(["ecr:*", "logs:*"])])
    assert live.failure(model) == (
        'Failed to download model data for container "container_1" from URL: '
        f'"s3://{BUCKET}/{LIVE}/model.tar.gz". Please ensure that there is an object located at '
        "the URL and that the role passed to CreateModel has permissions to download the object."
    )


@pytest.mark.parametrize(
    "action", sorted({call.action for call in OF_ROLE if call.action.startswith("ecr:")})
)
def test_endpoint_fails_if_its_role_cannot_pull_the_image(live: Guarded, action: str) -> None:
    assert live.failure(live.model(live.execution_role(action))) == image_failure("primary")


@pytest.mark.parametrize(
    "action", sorted({call.action for call in OF_ROLE if call.action.startswith("logs:")})
)
def test_container_has_no_log_if_its_role_cannot_write_it(live: Guarded, action: str) -> None:
    live.local.s3.put_object(Bucket=BUCKET, Key="empty/model.tar.gz", Body=archive({"a": b""}))
    url = f"s3://{BUCKET}/empty/model.tar.gz"
    writes, silent = (
        live.model(live.execution_role(), url),
        live.model(live.execution_role(action), url),
    )
    for each in (silent, writes):
        live.failure(each)
    until(lambda: live.local.log_lines(writes))
    assert live.local.log_lines(silent) == []


def test_instance_has_no_metrics_if_its_role_cannot_write_them(live: Guarded) -> None:
    silent = live.model(live.execution_role("cloudwatch:PutMetricData"))
    writes = live.model(live.execution_role())
    for each in (silent, writes):
        live.local.create_config(each, each)
        live.local.create_endpoint(each, each)
        assert live.local.settled(each)["EndpointStatus"] == "InService"
    names = until(lambda: instance_metrics(live, writes))
    assert names == {"CPUUtilization", "MemoryUtilization"}
    assert instance_metrics(live, silent) == set()
    for each in (silent, writes):
        live.local.delete(each)


def instance_metrics(live: Guarded, endpoint: str) -> set[str]:
    listed = live.local.cloudwatch.list_metrics(
        Namespace=INSTANCE_NAMESPACE, Dimensions=[{"Name": "EndpointName", "Value": endpoint}]
    )
    return {each["MetricName"] for each in listed["Metrics"]}


def test_every_permission_of_an_execution_role_has_a_test() -> None:
    """The permissions for Amazon ECR and for logs have one test for each prefix."""
    others = {each.action for each in OF_ROLE if not each.action.startswith(("ecr:", "logs:"))}
    assert others == {
        "s3:GetObject",
        "s3:ListBucket",
        "s3:PutObject",
        "sns:Publish",
        "cloudwatch:PutMetricData",
        "cloudwatch:DescribeAlarms",
    }


@pytest.mark.parametrize("action", ["s3:PutObject", "sns:Publish"])
def test_asynchronous_request_has_no_result_if_its_role_cannot_write_it(
    live: Guarded, action: str
) -> None:
    """Without s3:PutObject, there is no object; without sns:Publish, there is no message."""
    model = live.model(live.execution_role(action))
    sns, sqs = (client(each, live.local.s3.meta.endpoint_url) for each in ("sns", "sqs"))
    topic = sns.create_topic(Name=model)["TopicArn"]
    output: Any = {
        "S3OutputPath": f"s3://{BUCKET}/out",
        "S3FailurePath": f"s3://{BUCKET}/failed",
        "NotificationConfig": {"SuccessTopic": topic, "ErrorTopic": topic},
    }
    variant: Any = {
        "VariantName": "primary",
        "ModelName": model,
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    live.local.sagemaker.create_endpoint_config(
        EndpointConfigName=model,
        ProductionVariants=[variant],
        AsyncInferenceConfig={"OutputConfig": output},
    )
    live.local.create_endpoint(model, model)
    assert live.local.settled(model)["EndpointStatus"] == "InService"
    row = {"name": "INPUT__0", "datatype": "FP32", "shape": [1, 4], "data": [1, 2, 3, 4]}
    with topic_queue(sns, sqs, topic) as messages:
        accepted = live.local.runtime.invoke_endpoint_async(
            EndpointName=model,
            Body=json.dumps({"inputs": [row]}).encode(),
            ContentType="application/json",
        )
        key = accepted["OutputLocation"].partition(f"{BUCKET}/")[2]
        if action == "s3:PutObject":
            (envelope,) = until(messages.envelopes)
            content = json.loads(envelope["Message"])
            assert content["invocationStatus"] == "Failed"
            assert "Failed to upload the output" in content["failureReason"]
        written = "Contents" in live.local.s3.list_objects_v2(Bucket=BUCKET, Prefix=key)
        if action == "sns:Publish":
            until(lambda: "Contents" in live.local.s3.list_objects_v2(Bucket=BUCKET, Prefix=key))
            assert messages.envelopes(wait_seconds=1) == []
        else:
            assert not written
    live.local.delete(model)


@pytest.mark.parametrize(
    "action",
    sorted({each.action for each in OF_ROLE if "sagemaker:CreateTransformJob" in each.triggers}),
)
def test_transform_job_needs_the_permissions_of_its_role(live: Guarded, action: str) -> None:
    """Without s3:ListBucket, the job is rejected; without the others, no object has an output."""
    job = live.name()
    row = {"name": "INPUT__0", "datatype": "FP32", "shape": [1, 4], "data": [1, 2, 3, 4]}
    content = json.dumps({"inputs": [row]}).encode()
    live.local.s3.put_object(Bucket=BUCKET, Key=f"{job}/in/a", Body=content)
    role = live.execution_role(action)
    if action == "s3:GetObject":  # the role can read the model, but not the input
        of_model = allow("s3:GetObject", f"arn:aws:s3:::{BUCKET}/{LIVE}/*")
        others = sorted({each.action for each in OF_ROLE} - {action})
        live.grant(role.rpartition("/")[2], [allow(others), of_model])
    model = live.model(role)
    source: Any = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{job}/in/"}

    def create() -> Any:
        return live.local.sagemaker.create_transform_job(
            TransformJobName=job,
            ModelName=model,
            TransformInput={
                "DataSource": {"S3DataSource": source},
                "ContentType": "application/json",
            },
            TransformOutput={"S3OutputPath": f"s3://{BUCKET}/{job}/out"},
            TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
        )

    if action == "s3:ListBucket":
        assert "No S3 objects found under S3 URL" in error_of(create)[1]
        return
    create()
    shown = until(lambda: ended_job(live, job), 60)
    assert shown["FailureReason"] == "ClientError: See job logs for more information"
    assert "Contents" not in live.local.s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{job}/out")


def ended_job(live: Guarded, job: str) -> Any:
    shown = live.local.sagemaker.describe_transform_job(TransformJobName=job)
    return None if shown["TransformJobStatus"] == "InProgress" else shown


def test_guarded_update_is_refused_if_the_role_cannot_describe_its_alarms(live: Guarded) -> None:
    live.local.cloudwatch.put_metric_alarm(
        AlarmName=ALARM,
        Namespace="AWS/SageMaker",
        MetricName="Invocation5XXErrors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
    )
    model = live.model(live.execution_role("cloudwatch:DescribeAlarms"))
    live.local.create_config(model, model)
    code, message, _ = error_of(
        lambda: live.local.sagemaker.update_endpoint(
            EndpointName=LIVE,
            EndpointConfigName=model,
            DeploymentConfig={"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": ALARM}]}},
        )
    )
    assert code == "ValidationException"
    assert "cloudwatch:DescribeAlarms" in message
