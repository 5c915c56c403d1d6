"""Creates the parts of the local SageMaker, and closes them in the right order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3
from botocore.config import Config

from modeldrop.local.access.credentials import Credentials
from modeldrop.local.cleanup import region_prefix
from modeldrop.local.ministack.policy_client import PolicyClient
from modeldrop.local.sagemaker.async_inference.workers import AsyncWorkers
from modeldrop.local.sagemaker.authorizer import Authorizer, IamAuthorizer, NotEnforced
from modeldrop.local.sagemaker.execution_role import (
    AssumedRoles,
    ExecutionRoles,
    UncheckedRoles,
    role_clients,
)
from modeldrop.local.sagemaker.faults import ActiveFaults
from modeldrop.local.sagemaker.hosting.container_restarts import ContainerRestarts
from modeldrop.local.sagemaker.hosting.endpoint_lifecycle import EndpointLifecycle
from modeldrop.local.sagemaker.hosting.fleet_starter import FleetStarter
from modeldrop.local.sagemaker.hosting.image_access import ImageAccess
from modeldrop.local.sagemaker.hosting.registry import Registry
from modeldrop.local.sagemaker.hosting.rollback_alarms import RollbackAlarms
from modeldrop.local.sagemaker.hosting.scaling_targets import ScalingTargets
from modeldrop.local.sagemaker.metrics.alarm_evaluation import AlarmEvaluation
from modeldrop.local.sagemaker.metrics.backlog_metrics import BacklogMetrics
from modeldrop.local.sagemaker.metrics.instance_metrics import InstanceMetrics
from modeldrop.local.sagemaker.metrics.invocation_metrics import InvocationMetrics
from modeldrop.local.sagemaker.multi_model import MultiModel
from modeldrop.local.sagemaker.scaling.autoscaler import Autoscaler, Sources
from modeldrop.local.sagemaker.serverless import Serverless
from modeldrop.local.sagemaker.service import Service
from modeldrop.local.sagemaker.traffic.data_capture import DataCapture
from modeldrop.local.sagemaker.traffic.shadow_traffic import ShadowTraffic
from modeldrop.local.sagemaker.transform.events import EventPublisher
from modeldrop.local.sagemaker.transform.lifecycle import TransformJobs
from modeldrop.local.sagemaker.triton.container_log import LogShipper
from modeldrop.local.sagemaker.triton.installation import Triton
from modeldrop.local.sagemaker.triton.server import TritonHost


@dataclass(frozen=True)
class Options:
    """The settings of a local SageMaker.

    Attributes:
        home: the folder for models, logs and the files of the servers.
        account: the AWS account ID.
        region: the AWS Region, such as "us-east-1".
        aws_url: the endpoint URL of S3, CloudWatch and CloudWatch Logs.
        owner: the credentials of the cloud's owner.
        enforce_iam: whether to check the IAM policies of callers and execution roles.
        seconds_per_minute: the length of a minute for scaling policies and their alarms.
    """

    home: Path
    account: str
    region: str
    aws_url: str
    owner: Credentials
    enforce_iam: bool
    seconds_per_minute: float


@contextmanager
def running_service(options: Options, triton: Triton, iam: PolicyClient) -> Iterator[Service]:
    """Create the state that the API operations share, and start the background threads.

    At the end, it stops every tritonserver, and removes their files.

    Args:
        options: the settings of the server.
        triton: the installation of tritonserver.
        iam: the client of MiniStack's IAM.
    """
    authorizer, roles = _access(options, iam)
    home, cloudwatch = options.home, roles.own.cloudwatch
    host = TritonHost(triton, region_prefix(home), home / "tritonservers")
    shipper = LogShipper(roles)
    starter = FleetStarter(roles, ImageAccess(authorizer), host, shipper, home)
    starter.remove_leftovers()
    registry, faults = Registry(options.account, options.region), ActiveFaults()
    metrics, alarms = InvocationMetrics(cloudwatch), RollbackAlarms(roles)
    capture = DataCapture(roles)
    lifecycle = EndpointLifecycle(registry, starter, faults, alarms.tripped)
    service = Service(
        registry=registry,
        lifecycle=lifecycle,
        scaling=ScalingTargets(),
        faults=faults,
        metrics=metrics,
        alarms=alarms,
        authorizer=authorizer,
        roles=roles,
        workers=AsyncWorkers(registry, roles, faults, metrics, home / "payloads"),
        serverless=Serverless(registry, starter, options.seconds_per_minute),
        multi_model=MultiModel(roles, faults),
        capture=capture,
        shadow_traffic=ShadowTraffic(metrics, capture),
        transform_jobs=TransformJobs(
            registry,
            starter,
            roles,
            faults,
            shipper,
            EventPublisher(options.aws_url, options.owner),
            home / "transform",
        ),
    )
    # Closed in reverse order: first the threads that start servers, then the servers, then the
    # threads that record their logs and metrics.
    with ExitStack() as closing:
        closing.callback(starter.remove_leftovers)
        closing.callback(shipper.close)
        closing.callback(InstanceMetrics(roles, registry.instances).close)
        closing.callback(metrics.close)
        closing.callback(capture.close)
        closing.callback(AlarmEvaluation(cloudwatch, metrics).close)
        closing.callback(host.close)
        closing.callback(service.multi_model.close)
        closing.callback(ContainerRestarts(registry, starter).close)
        closing.callback(lifecycle.close)
        closing.callback(_autoscaler(service, options.seconds_per_minute).close)
        closing.callback(service.serverless.close)
        closing.callback(service.transform_jobs.close)
        yield service


def _autoscaler(service: Service, seconds_per_minute: float) -> Autoscaler:
    cloudwatch = service.roles.own.cloudwatch
    sources = Sources(
        service.registry,
        service.lifecycle,
        service.scaling,
        service.metrics,
        BacklogMetrics(cloudwatch),
        cloudwatch,
    )
    return Autoscaler(sources, seconds_per_minute)


def _access(options: Options, iam: PolicyClient) -> tuple[Authorizer, ExecutionRoles]:
    """Return the authorizer of callers, and the source of clients for execution roles."""
    config = Config(retries={"max_attempts": 2}, connect_timeout=5, read_timeout=60)
    client_options = {"endpoint_url": options.aws_url, "config": config}

    def session(access_key: str, secret_key: str, token: str | None = None) -> boto3.Session:
        return boto3.Session(access_key, secret_key, token, region_name=options.region)

    own = role_clients(session(options.owner.access_key, options.owner.secret_key), client_options)
    if not options.enforce_iam:
        return NotEnforced(), UncheckedRoles(own)
    return IamAuthorizer(iam), AssumedRoles(own, iam, session, client_options)
