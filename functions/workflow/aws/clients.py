"""boto3 clients, created at their first use and cached for the lifetime of the function.

Region and endpoints come from the environment. The template sets AWS_MAX_ATTEMPTS, because the
state machine does the retries.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from model_packager.sagemaker.requests import INVOKE_TIMEOUT_SECONDS
from model_packager.spec.load_profile import MAX_CLIENTS

if TYPE_CHECKING:
    from mypy_boto3_application_autoscaling import ApplicationAutoScalingClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sagemaker_runtime import SageMakerRuntimeClient
    from mypy_boto3_scheduler import EventBridgeSchedulerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_stepfunctions import SFNClient


@cache
def application_autoscaling() -> ApplicationAutoScalingClient:
    """Application Auto Scaling, which sets the number of an endpoint's instances."""
    return boto3.client("application-autoscaling")


@cache
def cloudwatch() -> CloudWatchClient:
    """Amazon CloudWatch, metrics and alarms."""
    return boto3.client("cloudwatch")


@cache
def logs() -> CloudWatchLogsClient:
    """Amazon CloudWatch Logs."""
    return boto3.client("logs")


@cache
def s3() -> S3Client:
    """Amazon S3. A copy takes thousands of requests, so boto3 retries each failed one.

    Payloads are not signed, because hashing them costs as much as encrypting them. TLS and the
    checksums of the requests protect them. Presigned URLs use signature version 4 and the regional
    host, because the global host redirects requests for a new bucket, which invalidates the
    signature.
    """
    return boto3.client(
        "s3",
        config=Config(
            retries={"total_max_attempts": 5, "mode": "standard"},
            max_pool_connections=16,
            signature_version="s3v4",
            s3={"payload_signing_enabled": False, "addressing_style": "virtual"},
        ),
    )


@cache
def sagemaker() -> SageMakerClient:
    """Amazon SageMaker, the control plane."""
    return boto3.client("sagemaker")


@cache
def sagemaker_runtime() -> SageMakerRuntimeClient:
    """Amazon SageMaker Runtime, with a connection for each client of a load profile."""
    config = Config(read_timeout=INVOKE_TIMEOUT_SECONDS, max_pool_connections=MAX_CLIENTS)
    return boto3.client("sagemaker-runtime", config=config)


@cache
def scheduler() -> EventBridgeSchedulerClient:
    """Amazon EventBridge Scheduler."""
    return boto3.client("scheduler")


@cache
def sns() -> SNSClient:
    """Amazon SNS."""
    return boto3.client("sns")


@cache
def stepfunctions() -> SFNClient:
    """AWS Step Functions."""
    return boto3.client("stepfunctions")
