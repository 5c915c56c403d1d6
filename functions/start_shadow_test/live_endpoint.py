"""Checks that the live endpoint can get a shadow variant now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from model_packager.names.endpoint import is_shadow_config, version_in
from model_packager.sagemaker.requests import update_endpoint_request
from workflow.aws.clients import sagemaker
from workflow.aws.scaling import is_scaled
from workflow.errors import EndpointBusy, EndpointFailed
from workflow.versions.drop_order import is_later, superseded
from workflow.versions.endpoint import describe
from workflow.versions.endpoint_lock import require_unlocked
from workflow.versions.ownership import config_tags

if TYPE_CHECKING:
    from datetime import datetime

    from model_packager.stored import Deployment


@dataclass(frozen=True)
class LiveEndpoint:
    """The live endpoint.

    Attributes:
        config: the current endpoint config: a version's, or the shadow config of this execution.
        version: the version that answers clients.
        changed: when its status last changed.
        failure_reason: why the last update failed; empty if it did not.
    """

    config: str
    version: str
    changed: datetime
    failure_reason: str


def require_testable(deployment: Deployment) -> LiveEndpoint:
    """Return the live endpoint, if it can get a shadow variant or has that of this execution.

    Raises:
        EndpointBusy: the endpoint is in transition, or has another version under test. If that
            test's execution was stopped, this function ends the shadow test.
        EndpointFailed: no version is live any longer.
        SupersededDrop: a later version is live.
    """
    name = deployment.endpoint
    endpoint = describe(name)
    config = endpoint["EndpointConfigName"] if endpoint else ""
    version = version_in(name, config)
    if endpoint is None or version is None:
        raise EndpointFailed(
            f"The endpoint {name} no longer runs a version of {deployment.model}, so there are no "
            "requests to compare.",
            "Upload the model again: without a live version, there is no shadow test.",
        )
    require_unlocked(config, deployment.execution_arn)
    if endpoint["EndpointStatus"] != "InService":
        raise EndpointBusy(
            f"The endpoint {name} is {endpoint['EndpointStatus']}.",
            "No action needed: this step is retried later.",
        )
    if is_shadow_config(name, config):
        _end_interrupted_test(deployment, config)
    if is_later(config, deployment):
        raise superseded(deployment, version, f"on {name}")
    changed, reason = endpoint["LastModifiedTime"], endpoint.get("FailureReason", "")
    return LiveEndpoint(config, version, changed, reason)


def _end_interrupted_test(deployment: Deployment, config: str) -> None:
    """End the shadow test of an execution that was stopped; keep this execution's own test."""
    tags = config_tags(config)
    if tags is None or tags.execution_arn == deployment.execution_arn or tags.previous is None:
        return
    name = deployment.endpoint
    request = update_endpoint_request(name, config=tags.previous, keep_count=is_scaled(name))
    sagemaker().update_endpoint(**request)
    raise EndpointBusy(
        f"The endpoint {name} had the shadow variant of an execution that was stopped.",
        "No action needed: this step is retried when the variant is gone.",
    )
