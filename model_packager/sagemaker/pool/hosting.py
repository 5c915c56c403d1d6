"""The hosting of a pool, whose models share the instances of one endpoint. Pure functions.

See docs/decisions/0053-a-drop-changes-its-pool.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from model_packager.sagemaker.cost_limits import check_pool_limits
from model_packager.sagemaker.hosting_resolution import on_instance_type
from model_packager.sagemaker.triton_image import release_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from model_packager.sagemaker.cost_limits import CostLimits
    from model_packager.sagemaker.hosting import Hosting
    from model_packager.spec.deploy_spec import DeploySpec
    from model_packager.spec.hosting_spec import Endpoint


@dataclass(frozen=True)
class PoolEndpoint:
    """The instances and the image of a pool's endpoint.

    Attributes:
        inference_ami_version: the version of the host image; None for SageMaker's default.
    """

    image: str
    instance_type: str
    instance_count: int
    network_isolation: bool
    inference_ami_version: str | None = None

    @classmethod
    def of(cls, config: Mapping[str, Any], model: Mapping[str, Any]) -> PoolEndpoint:
        """Read the responses of DescribeEndpointConfig and DescribeModel."""
        variant = config["ProductionVariants"][0]
        return cls(
            image=model["PrimaryContainer"]["Image"],
            instance_type=variant["InstanceType"],
            instance_count=variant["InitialInstanceCount"],
            network_isolation=model["EnableNetworkIsolation"],
            inference_ami_version=variant.get("InferenceAmiVersion"),
        )

    @property
    def text(self) -> str:
        """Describe instances and Triton release: "2 x ml.g4dn.xlarge with Triton 26.05"."""
        return _described(self.image, self.instance_type, self.instance_count)


def pool_hosting(
    hosting: Hosting,
    spec: DeploySpec,
    running: PoolEndpoint,
    limits: CostLimits,
    *,
    region: str,
    release: str,
) -> Hosting:
    """Return the hosting of the pool after a drop.

    The instances come from deploy.yaml, otherwise from the pool. The Triton release is the stack's,
    because the model was inspected for it. The network isolation does not change.

    Args:
        hosting: the model's hosting, with the stack's defaults.
        spec: the drop's spec.
        running: the endpoint of the pool.
        limits: the stack's limits.
        region: the stack's Region.
        release: the Triton release of the stack.

    Raises:
        SpecRejected: AWS has no Triton image for the instance type, or the stack no longer allows
            the instances that the pool keeps.
    """
    instance_type = spec.endpoint.instance_type or running.instance_type
    count = spec.endpoint.instance_count or running.instance_count
    check_pool_limits(hosting.pool or "", limits, instance_type=instance_type, instance_count=count)
    if instance_type != hosting.instance_type:
        hosting = on_instance_type(hosting, spec, instance_type, region=region, release=release)
    same_host = (instance_type, hosting.image) == (running.instance_type, running.image)
    keeps_host = same_host and spec.endpoint.inference_ami_version is None
    return hosting.model_copy(
        update={
            "instance_count": count,
            "network_isolation": running.network_isolation,
            "inference_ami_version": (
                running.inference_ami_version if keeps_host else hosting.inference_ami_version
            ),
        }
    )


def differences(running: PoolEndpoint, requested: Hosting) -> tuple[str, str] | None:
    """Describe the pool's endpoint before and after a drop; None if the drop does not change it."""
    before = (running.image, running.instance_type, running.instance_count)
    after = (requested.image, requested.instance_type, requested.instance_count)
    return None if before == after else (_described(*before), _described(*after))


def contradicts(stated: Endpoint, requested: Hosting) -> bool:
    """Return whether another model's deploy.yaml sets other instances than the drop."""
    return stated.instance_type not in (
        None,
        requested.instance_type,
    ) or stated.instance_count not in (None, requested.instance_count)


def _described(image: str, instance_type: str, count: int) -> str:
    return f"{count} x {instance_type} with Triton {release_of(image)}"
