"""The two endpoint configs of a pool, which alternate. The caller has the lock of the pool.

The next change uses the config that the endpoint does not run
(docs/decisions/0053-a-drop-changes-its-pool.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.names.pool import pool_config_names, pool_staging_name
from workflow.aws.alarm_removal import remove_alarms
from workflow.versions.endpoint import SETTLED, configs_of, describe
from workflow.versions.endpoint_release import delete_settled, is_released
from workflow.versions.ownership import config_tags, remember_previous
from workflow.versions.version_removal import remove_hosting

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import DescribeEndpointOutputTypeDef


def existing_config(endpoint: str, preferred: str) -> str:
    """Return the preferred config if it exists, otherwise the other one."""
    first, second = pool_config_names(endpoint)
    other = second if preferred == first else first
    return preferred if config_tags(preferred) is not None else other


def other_config(endpoint: DescribeEndpointOutputTypeDef) -> str:
    """Return the config that the endpoint does not run."""
    first, second = pool_config_names(endpoint["EndpointName"])
    return second if endpoint["EndpointConfigName"] == first else first


def take_over_change(config: str, execution_arn: str) -> None:
    """Let the execution test a change whose own execution was stopped; idempotent.

    If it fails, Roll Back undoes the change.
    """
    tags = config_tags(config)
    if tags is None or tags.previous is None or tags.verified:
        return
    if tags.execution_arn != execution_arn:
        remember_previous(config, tags.previous, execution_arn)


def is_undone(endpoint: str, execution_arn: str) -> bool:
    """Return whether the endpoint runs no change of the execution; otherwise undo it.

    This includes a change that has passed its test: the execution is rolled back, so Record
    Deployment failed after it marked the config. An endpoint in transition cannot be updated, so
    the caller tries again later.
    """
    for config in pool_config_names(endpoint):
        tags = config_tags(config)
        if tags is None or tags.previous is None or tags.execution_arn != execution_arn:
            continue
        if not is_released(endpoint, config):
            return False
    return True


def is_staging_gone(endpoint: str) -> bool:
    """Return whether the pool has no staging endpoint; otherwise start to delete it."""
    return is_gone(pool_staging_name(endpoint))


def is_gone(endpoint: str) -> bool:
    """Return whether an endpoint does not exist; otherwise start to delete it."""
    description = describe(endpoint)
    if description is None:
        return True
    if description["EndpointStatus"] in SETTLED:
        delete_settled(endpoint)
    return False


def remove_spare_configs(endpoint: str) -> None:
    """Delete the configs and the models that the endpoint does not need; idempotent."""
    needed = _needed(endpoint)
    for config in pool_config_names(endpoint):
        remove_alarms(config)
        if config not in needed:
            remove_hosting(config)


def _needed(endpoint: str) -> set[str]:
    """Return the current and the pending config, and the previous one of an untested change."""
    description = describe(endpoint)
    needed = set(configs_of(description)) if description is not None else set()
    for config in sorted(needed):
        tags = config_tags(config)
        if tags is not None and tags.previous is not None and not tags.verified:
            needed.add(tags.previous)
    return needed
