"""`python -m modeldrop.local.sagemaker`: parses arguments, serves, and cleans up."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import logging
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import boto3
import uvicorn
from botocore.config import Config
from starlette.applications import Starlette

from modeldrop.local import status_page
from modeldrop.local.access.credentials import Credentials
from modeldrop.local.ministack.iam.policy_client import PolicyClient
from modeldrop.local.sagemaker.app import make_app
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
from modeldrop.local.sagemaker.hosting.fleet import FleetStarter
from modeldrop.local.sagemaker.hosting.image_access import ImageAccess
from modeldrop.local.sagemaker.hosting.registry import Registry
from modeldrop.local.sagemaker.hosting.rollback_alarms import RollbackAlarms
from modeldrop.local.sagemaker.hosting.scaling_targets import ScalingTargets
from modeldrop.local.sagemaker.known_callers import KnownCallers
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
from modeldrop.local.sagemaker.triton.installation import TritonUnusable, prepare
from modeldrop.local.sagemaker.triton.server import TritonHost


def main() -> int:
    """Serve until SIGTERM or SIGINT. Returns 0 after a clean stop, 2 if it cannot start."""
    arguments = _parse()
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("httpx").setLevel(logging.WARNING)
    home: Path = arguments.home.resolve()
    home.mkdir(parents=True, exist_ok=True)
    try:
        triton = prepare(arguments.triton.resolve(), home / "triton")
    except TritonUnusable as error:
        print(error, file=sys.stderr)
        return 2
    owner = Credentials(
        access_key=os.environ["AWS_ACCESS_KEY_ID"], secret_key=os.environ["AWS_SECRET_ACCESS_KEY"]
    )
    client = PolicyClient(arguments.aws_endpoint_url, owner)
    authorizer, roles = _iam(arguments, owner, client)
    cloudwatch = roles.own.cloudwatch

    host = TritonHost(triton, _region_prefix(home), home / "tritonservers")
    shipper = LogShipper(roles)
    metrics = InvocationMetrics(cloudwatch)
    evaluation = AlarmEvaluation(cloudwatch, metrics)
    starter = FleetStarter(roles, ImageAccess(authorizer), host, shipper, home)
    starter.remove_leftovers()
    registry = Registry(arguments.account, arguments.region)
    instance_metrics = InstanceMetrics(roles, registry.instances)
    faults, alarms = ActiveFaults(), RollbackAlarms(roles)
    lifecycle = EndpointLifecycle(registry, starter, faults, alarms.tripped)
    restarts = ContainerRestarts(registry, starter)
    targets, backlogs = ScalingTargets(), BacklogMetrics(cloudwatch)
    workers = AsyncWorkers(registry, roles, faults, metrics, home / "payloads")
    serverless = Serverless(registry, starter, arguments.seconds_per_minute)
    multi_model = MultiModel(roles, faults)
    capture = DataCapture(roles)
    transform_jobs = TransformJobs(
        registry,
        starter,
        roles,
        faults,
        shipper,
        EventPublisher(arguments.aws_endpoint_url, owner),
        home / "transform",
    )
    service = Service(
        registry,
        lifecycle,
        targets,
        faults,
        metrics,
        alarms,
        authorizer,
        roles,
        workers,
        serverless,
        multi_model,
        capture,
        ShadowTraffic(metrics, capture),
        transform_jobs,
    )
    sources = Sources(registry, lifecycle, targets, metrics, backlogs, cloudwatch)
    autoscaler = Autoscaler(sources, arguments.seconds_per_minute)
    try:
        app = make_app(service, KnownCallers(owner, client), _status_page(arguments.cloud))
        asyncio.run(_serve(app, arguments.port))
    finally:
        transform_jobs.close()
        serverless.close()
        autoscaler.close()
        lifecycle.close()
        restarts.close()
        multi_model.close()
        host.close()
        evaluation.close()
        capture.close()
        metrics.close()
        instance_metrics.close()
        shipper.close()
        starter.remove_leftovers()
    return 0


def _iam(
    arguments: argparse.Namespace, owner: Credentials, client: PolicyClient
) -> tuple[Authorizer, ExecutionRoles]:
    """What decides about callers, and what gives the clients of execution roles."""
    config = Config(retries={"max_attempts": 2}, connect_timeout=5, read_timeout=60)
    options = {"endpoint_url": arguments.aws_endpoint_url, "config": config}

    def session(access_key: str, secret_key: str, token: str | None = None) -> boto3.Session:
        return boto3.Session(access_key, secret_key, token, region_name=arguments.region)

    own = role_clients(session(owner.access_key, owner.secret_key), options)
    if not arguments.enforce_iam:
        return NotEnforced(), UncheckedRoles(own)
    return IamAuthorizer(client), AssumedRoles(own, client, session, options)


def _status_page(cloud_home: Path | None) -> Callable[[], str] | None:
    if cloud_home is None:
        return None
    return lambda: status_page.page(cloud_home)


async def _serve(app: Starlette, port: int) -> None:
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host="127.0.0.1",
            port=port,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=5,
        )
    )
    # After its shutdown, uvicorn would raise the signal again and end the process.
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]

    def stop() -> None:
        server.should_exit = True

    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop)
    await server.serve()


def _region_prefix(home: Path) -> str:
    """A prefix per home, so that two local SageMakers do not remove each other's shared memory."""
    return f"modeldrop_{hashlib.sha256(str(home).encode()).hexdigest()[:8]}_"


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m modeldrop.local.sagemaker",
        description="A local SageMaker that hosts models on the real tritonserver.",
    )
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1")
    parser.add_argument(
        "--aws-endpoint-url", required=True, help="endpoint of S3, CloudWatch and CloudWatch Logs"
    )
    parser.add_argument(
        "--enforce-iam",
        action="store_true",
        help="check the IAM policies of callers and execution roles, with MiniStack's IAM",
    )
    parser.add_argument(
        "--seconds-per-minute",
        type=float,
        default=60.0,
        help="seconds that scaling policies and their alarms count as a minute; tests use fewer",
    )
    parser.add_argument("--region", default="us-east-1")
    parser.add_argument("--account", default="000000000000")
    parser.add_argument(
        "--home", type=Path, required=True, help="folder for models, logs and the server"
    )
    parser.add_argument(
        "--triton",
        type=Path,
        required=True,
        help="folder with nvidia-pytriton, installed by pip --target",
    )
    parser.add_argument(
        "--cloud",
        type=Path,
        help="home of the embedded cloud, to serve its status page at the root",
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
