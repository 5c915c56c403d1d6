"""What the operations work on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from modeldrop.local.sagemaker.endpoint_lifecycle import EndpointLifecycle
from modeldrop.local.sagemaker.faults import FaultBook
from modeldrop.local.sagemaker.registry import Registry

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class Service:
    """The local SageMaker's state: resources, transitions, faults, and the S3 it reads from."""

    registry: Registry
    lifecycle: EndpointLifecycle
    faults: FaultBook
    s3: S3Client
