"""The endpoint config that all models of a pool share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.errors import ModelRejected

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import DescribeEndpointConfigOutputTypeDef

    from workflow.contracts.deploy_model import CreateEndpointConfigInput


def require_same_instances(
    existing: DescribeEndpointConfigOutputTypeDef, event: CreateEndpointConfigInput
) -> None:
    """Return if the pool has the instances of the spec.

    Raises:
        ModelRejected: the spec has another type or number of instances.
    """
    variant = existing["ProductionVariants"][0]
    running = f"{variant.get('InitialInstanceCount')} x {variant.get('InstanceType')}"
    requested = event.hosting.capacity
    if running != requested:
        raise ModelRejected(
            f"The pool {event.deployment.pool} has {running}, but the model needs {requested}.",
            "Set the instances of the pool in deploy.yaml (endpoint.instance_type and "
            "instance_count), or name another pool. To change the pool, retire all its models, "
            "then upload them again.",
        )
