"""What the operations work on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from modeldrop.local.sagemaker.endpoint_lifecycle import EndpointLifecycle
from modeldrop.local.sagemaker.faults import FaultBook
from modeldrop.local.sagemaker.invocation_metrics import InvocationMetrics
from modeldrop.local.sagemaker.registry import Registry
from modeldrop.local.sagemaker.rollback_alarms import RollbackAlarms
from modeldrop.local.sagemaker.scaling_targets import ScalingTargets

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class Service:
    """The local SageMaker's state, and what it reads of S3 and CloudWatch."""

    registry: Registry
    lifecycle: EndpointLifecycle
    scaling: ScalingTargets
    faults: FaultBook
    metrics: InvocationMetrics
    alarms: RollbackAlarms
    s3: S3Client
