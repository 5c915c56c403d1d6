"""The logs and metrics that SageMaker writes to CloudWatch for an endpoint.

Source: SageMaker developer guide, "Amazon SageMaker AI metrics in Amazon CloudWatch" and
"CloudWatch Logs for Amazon SageMaker AI".
"""

from typing import Literal, TypedDict

from model_packager.sagemaker.requests import VARIANT

LOG_GROUP_PREFIX = "/aws/sagemaker/Endpoints/"
NAMESPACE: Literal["AWS/SageMaker"] = "AWS/SageMaker"
"""The namespace of invocation metrics."""

TRANSFORM_LOG_GROUP = "/aws/sagemaker/TransformJobs"
"""The log group of the containers of all transform jobs."""

DATA_LOG_ENDING = "/data-log"
"""The end of the name of a log stream in which SageMaker logs the requests of a queue or a job."""

INSTANCE_NAMESPACE = LOG_GROUP_PREFIX.rstrip("/")
"""The namespace of instance metrics."""


class Dimension(TypedDict):
    """A dimension in the format of the CloudWatch API."""

    Name: str
    Value: str


def log_group(endpoint: str) -> str:
    """Return the name of the log group of an endpoint's containers."""
    return LOG_GROUP_PREFIX + endpoint


def invocation_dimensions(endpoint: str) -> list[Dimension]:
    """Return the dimensions of the invocation metrics of an endpoint."""
    return [{"Name": "EndpointName", "Value": endpoint}, {"Name": "VariantName", "Value": VARIANT}]
