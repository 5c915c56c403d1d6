"""An AWS account with the resources that the workflow creates."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from model_packager.names.artifact import artifact_prefix
from model_packager.names.endpoint import endpoint_name, pool_endpoint_name, resource_name
from model_packager.names.pool import pool_archive_key, pool_config_names, pool_prefix
from model_packager.sagemaker.cloudwatch import NAMESPACE, invocation_dimensions
from model_packager.sagemaker.requests import (
    PREVIOUS_TAG,
    VARIANT,
    VERIFIED_TAG,
    create_endpoint_config_request,
    create_model_request,
    origin_tags,
    pool_tags,
)
from model_packager.sagemaker.triton_image import image_uri
from model_packager.spec.deploy_spec import DeploySpec
from tests.unit.modeldrop.recorded import (
    BUCKET,
    EXECUTION,
    MIDDLE,
    PREFIX,
    ROLE,
    keep,
    note_live,
    record,
)

if TYPE_CHECKING:
    from boto3 import Session
    from mypy_boto3_sagemaker.literals import ProductionVariantInstanceTypeType


class Account:
    """Creates the resources of a drop, and lists what exists."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.sagemaker = session.client("sagemaker")
        self.s3 = session.client("s3")
        self.s3.create_bucket(Bucket=BUCKET)

    def start(self) -> str:
        """Start an execution that keeps running, and return its ARN."""
        stepfunctions = self.session.client("stepfunctions")
        machine = stepfunctions.create_state_machine(
            name="deploy-model", definition='{"StartAt": "A"}', roleArn=ROLE
        )
        started = stepfunctions.start_execution(stateMachineArn=machine["stateMachineArn"])
        return started["executionArn"]

    def make(
        self,
        version: str,
        *,
        model: str = "resnet",
        execution: str = EXECUTION,
        verified: bool = False,
        previous: str | None = None,
        tags: bool = True,
        instance_type: ProductionVariantInstanceTypeType = "ml.m5.large",
    ) -> str:
        """Create the SageMaker model, the endpoint config and the claimed files of a version."""
        name = resource_name(endpoint_name(PREFIX, model), version)
        origin: list[Any] = origin_tags(model, version, execution) if tags else []
        noted: list[Any] = [{"Key": VERIFIED_TAG, "Value": "true"}] if verified else []
        if previous:
            noted.append({"Key": PREVIOUS_TAG, "Value": previous})
        self.sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE, Tags=origin)
        self.sagemaker.create_endpoint_config(
            EndpointConfigName=name,
            ProductionVariants=[
                {
                    "VariantName": VARIANT,
                    "ModelName": name,
                    "InstanceType": instance_type,
                    "InitialInstanceCount": 1,
                }
            ],
            Tags=[*origin, *noted],
        )
        claim = json.dumps({"execution_arn": execution}).encode()
        key = f"{artifact_prefix(model, version)}claim.json"
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=claim)
        return name

    def serve(self, version: str, model: str = "resnet") -> str:
        """Create a live version that has passed its test."""
        endpoint = endpoint_name(PREFIX, model)
        config = self.make(version, model=model, verified=True)
        tags: list[Any] = origin_tags(model, version, EXECUTION)
        self.sagemaker.create_endpoint(EndpointName=endpoint, EndpointConfigName=config, Tags=tags)
        keep(self.s3, record(version, model))
        note_live(self.s3, record(version, model))
        return endpoint

    def serve_pool(
        self,
        pool: str,
        *models: str,
        instance_type: ProductionVariantInstanceTypeType = "ml.g4dn.xlarge",
    ) -> None:
        """Create a pool with live models. Their records have an ml.g4dn.xlarge."""
        endpoint = pool_endpoint_name(PREFIX, pool)
        config, _ = pool_config_names(endpoint)
        hosting = record(MIDDLE).servable.hosting.model_copy(
            update={
                "pool": pool,
                "image": image_uri("us-east-1", "26.05", gpu=instance_type.startswith("ml.g")),
                "instance_type": instance_type,
                "instance_count": 1,
            }
        )
        uri, tags = f"s3://{BUCKET}/{pool_prefix(pool)}", pool_tags(pool)
        self.sagemaker.create_model(
            **create_model_request(
                config, role_arn=ROLE, artifact_uri=uri, hosting=hosting, tags=tags
            )
        )
        self.sagemaker.create_endpoint_config(
            **create_endpoint_config_request(config, hosting=hosting, tags=tags)
        )
        self.sagemaker.create_endpoint(EndpointName=endpoint, EndpointConfigName=config)
        for model in models:
            self.join_pool(pool, model, DeploySpec())

    def join_pool(self, pool: str, model: str, spec: DeploySpec, size: int = 1) -> None:
        """Make a model live in a pool, with an archive of this many bytes."""
        one = record(MIDDLE, model)
        shared = one.deployment.model_copy(
            update={"endpoint": pool_endpoint_name(PREFIX, pool), "pool": pool}
        )
        servable = one.servable.model_copy(update={"spec": spec})
        one = one.model_copy(update={"deployment": shared, "servable": servable})
        keep(self.s3, one)
        note_live(self.s3, one)
        key = pool_archive_key(pool, model, MIDDLE)
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=bytes(size))

    def count(self, endpoint: str, metric: str, values: list[float]) -> None:
        """Put the values of an endpoint's metric, a minute ago."""
        self.session.client("cloudwatch").put_metric_data(
            Namespace=NAMESPACE,
            MetricData=[
                {
                    "MetricName": metric,
                    "Dimensions": invocation_dimensions(endpoint),
                    "Timestamp": datetime.now(UTC) - timedelta(minutes=1),
                    "Value": value,
                }
                for value in values
            ],
        )

    def put_to_sleep(self, version: str, model: str = "resnet") -> None:
        """Delete the endpoint of a model, and record that it sleeps, like the workflow."""
        self.sagemaker.delete_endpoint(EndpointName=endpoint_name(PREFIX, model))
        note_live(self.s3, record(version, model), datetime(2026, 8, 3, 19, tzinfo=UTC))

    def watch(self, alarm: str) -> None:
        """Put an alarm."""
        self.session.client("cloudwatch").put_metric_alarm(
            AlarmName=alarm,
            EvaluationPeriods=1,
            ComparisonOperator="GreaterThanThreshold",
            Namespace="AWS/SageMaker",
            MetricName="Invocation5XXErrors",
            Period=60,
            Statistic="Sum",
            Threshold=0,
        )

    def left(self) -> set[str]:
        """Return the names of all existing resources."""
        found = self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
        configs = self.sagemaker.list_endpoint_configs()["EndpointConfigs"]
        alarms = self.session.client("cloudwatch").describe_alarms()["MetricAlarms"]
        return {
            *(e["EndpointName"] for e in self.sagemaker.list_endpoints()["Endpoints"]),
            *(f"config {each['EndpointConfigName']}" for each in configs),
            *(f"model {each['ModelName']}" for each in self.sagemaker.list_models()["Models"]),
            *(each["AlarmName"] for each in alarms),
            *(each["Key"] for each in found),
        }
