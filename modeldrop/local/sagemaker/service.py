"""The state that the API operations share."""

from __future__ import annotations

from dataclasses import dataclass

from modeldrop.local.sagemaker.async_inference.workers import AsyncWorkers
from modeldrop.local.sagemaker.authorizer import Authorizer
from modeldrop.local.sagemaker.execution_role import ExecutionRoles
from modeldrop.local.sagemaker.faults import ActiveFaults
from modeldrop.local.sagemaker.hosting.endpoint_lifecycle import EndpointLifecycle
from modeldrop.local.sagemaker.hosting.registry import Registry
from modeldrop.local.sagemaker.hosting.rollback_alarms import RollbackAlarms
from modeldrop.local.sagemaker.hosting.scaling_targets import ScalingTargets
from modeldrop.local.sagemaker.metrics.invocation_metrics import InvocationMetrics
from modeldrop.local.sagemaker.multi_model import MultiModel
from modeldrop.local.sagemaker.serverless import Serverless
from modeldrop.local.sagemaker.traffic.data_capture import DataCapture
from modeldrop.local.sagemaker.traffic.shadow_traffic import ShadowTraffic
from modeldrop.local.sagemaker.transform.lifecycle import TransformJobs


@dataclass(frozen=True)
class Service:
    """The state of the local SageMaker, and its clients of S3 and CloudWatch."""

    registry: Registry
    lifecycle: EndpointLifecycle
    scaling: ScalingTargets
    faults: ActiveFaults
    metrics: InvocationMetrics
    alarms: RollbackAlarms
    authorizer: Authorizer
    roles: ExecutionRoles
    workers: AsyncWorkers
    serverless: Serverless
    multi_model: MultiModel
    capture: DataCapture
    shadow_traffic: ShadowTraffic
    transform_jobs: TransformJobs
