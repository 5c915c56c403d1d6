"""Decides whether a version is tested on a staging endpoint before clients get its responses.

See docs/decisions/0036-an-update-is-tested-in-staging.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.versions.endpoint import WITHOUT_CLIENTS, is_going_to

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import DescribeEndpointOutputTypeDef

    from model_packager.spec.operation_spec import Rollout


def needs_staging(
    endpoint: DescribeEndpointOutputTypeDef | None, config: str, rollout: Rollout, *, tested: bool
) -> bool:
    """Return whether a version needs a test without client traffic.

    Args:
        endpoint: the model's endpoint; None if it does not exist.
        config: the endpoint config of the version.
        rollout: that part of the spec.
        tested: whether the version has passed a test, in staging or before it first went live.
    """
    if tested or not rollout.staging or endpoint is None:
        return False
    has_clients = endpoint["EndpointStatus"] not in WITHOUT_CLIENTS
    return has_clients and not is_going_to(endpoint, config)
