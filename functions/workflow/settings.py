"""The environment variables of the functions, one model for each function that reads any."""

import os
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """Raises an error that names each variable that the template did not set."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    @classmethod
    def read(cls) -> Self:
        """Read the environment. pydantic-settings would add 50 ms to each cold start."""
        environment = {name.lower(): value for name, value in os.environ.items()}
        return cls.model_validate(
            {name: environment[name] for name in cls.model_fields if name in environment}
        )


class TopicSettings(Settings):
    """The topics of notifications. `chat_topic_arn` is empty if no chat is configured."""

    topic_arn: str
    chat_topic_arn: str


class FindModelSettings(Settings):
    endpoint_prefix: str


class RestoreVersionSettings(Settings):
    """Restore Version. `CostLimits` parses the last two."""

    artifact_bucket: str
    allow_network_access: Literal["true", "false"]
    allowed_instance_types: str
    max_instances: int


class InspectModelSettings(Settings):
    """Inspect Model. `StackOptions` parses the nine before the last."""

    aws_region: str
    endpoint_prefix: str
    triton_release: str
    instance_type: str
    instance_count: int
    artifact_bucket: str
    inference_topic_arn: str
    kms_key_arn: str
    subnet_ids: str
    security_group_ids: str
    allow_network_access: str
    data_capture_percent: str
    resource_tags: str
    spec_tags_override: str
    allowed_instance_types: str
    max_instances: int
    cpu_test: Literal["off", "onnx"]


class RunModelSettings(Settings):
    """Run Model. Lambda sets the function's memory in MB."""

    aws_lambda_function_memory_size: int


class PackageModelSettings(Settings):
    artifact_bucket: str


class CreateModelSettings(Settings):
    """Create Model. `CostLimits` parses the last two."""

    artifact_bucket: str
    aws_region: str
    execution_role_arn: str
    triton_release: str
    allowed_instance_types: str
    max_instances: int


class CreateEndpointSettings(Settings):
    """Create Endpoint. `CostLimits` parses the last two."""

    artifact_bucket: str
    allowed_instance_types: str
    max_instances: int


class NextInstanceTypeSettings(Settings):
    aws_region: str
    triton_release: str


class SmokeTestSettings(Settings):
    artifact_bucket: str


class StartShadowTestSettings(Settings):
    artifact_bucket: str


class CompareAnswersSettings(Settings):
    artifact_bucket: str


class RecordDeploymentSettings(Settings):
    artifact_bucket: str


class ScaleEndpointSettings(Settings):
    """Scale Endpoint.

    `endpoint_error_limit`: the number of 5XX responses that raise no alarm. The last three name the
    state machines that a schedule starts, and the role that it assumes.
    """

    alarms: Literal["all", "no-duplicates", "none"]
    endpoint_error_limit: int
    topic_arn: str
    deploy_model_arn: str
    retire_model_arn: str
    schedule_role_arn: str


class RemoveOldVersionsSettings(Settings):
    artifact_bucket: str
    kept_versions: int


class RollBackSettings(Settings):
    artifact_bucket: str


class WriteReportSettings(Settings):
    """Write Report. `parameter_prices` parses `hourly_prices`."""

    aws_region: str
    artifact_bucket: str
    hourly_prices: str


class PublishResultSettings(TopicSettings):
    aws_region: str
    endpoint_prefix: str
    artifact_bucket: str


class DecideRetirementSettings(Settings):
    endpoint_prefix: str
    artifact_bucket: str
    retire_on_delete: Literal["notify", "retire"]


class RetireModelSettings(Settings):
    artifact_bucket: str


class WriteIndexSettings(Settings):
    artifact_bucket: str


class PublishRetirementSettings(TopicSettings):
    aws_region: str
    artifact_bucket: str


class PlanBatchSettings(Settings):
    """Plan Batch. `CostLimits` parses the last two."""

    endpoint_prefix: str
    artifact_bucket: str
    batch_instance_type: str
    batch_instance_count: int
    allowed_instance_types: str
    max_instances: int


class EncodeInputsSettings(Settings):
    artifact_bucket: str


class StartTransformSettings(Settings):
    artifact_bucket: str
    execution_role_arn: str


class CheckTransformSettings(Settings):
    artifact_bucket: str
    batch_timeout_seconds: int


class CollectResultsSettings(Settings):
    artifact_bucket: str


class PublishBatchSettings(TopicSettings):
    aws_region: str


class WatchEndpointsSettings(Settings):
    """Watch Endpoints. With an `idle_hours` of 0, endpoints may stay idle indefinitely."""

    endpoint_prefix: str
    artifact_bucket: str
    endpoint_timeout_seconds: int
    idle_hours: int
    idle_action: Literal["notify", "retire"]
    retire_model_arn: str


class NotifyFailureSettings(TopicSettings):
    aws_region: str
