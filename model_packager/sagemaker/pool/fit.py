"""Checks that the models of a pool fit into the memory of its instances together.

SageMaker unloads models that do not fit, and loads them again for their next request (developer
guide, "How multi-model endpoints work"): clients of such a pool get slow responses. The archives
are mostly weights, so their size is the minimum memory of the models, as in `instance_fit`. The
disk is not checked, because an instance has more local disk than memory (docs/decisions/0054).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from model_packager.rejection import SpecRejected
from model_packager.sagemaker.instance_facts import gib, instance_facts
from model_packager.sagemaker.instance_fit import require_one_gpu
from model_packager.spec.triton_spec import InstanceKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from model_packager.sagemaker.instance_facts import InstanceFacts
    from model_packager.spec.deploy_spec import DeploySpec

_MIB = 1024 * 1024


@dataclass(frozen=True)
class PooledModel:
    """A model of a pool.

    Attributes:
        size: the size of its archive in bytes.
        copies: the number of instances that Triton loads.
        only_cpu: whether it does not use the instance's GPU.
    """

    size: int
    copies: int = 1
    only_cpu: bool = False

    @classmethod
    def of(cls, spec: DeploySpec, size: int) -> PooledModel:
        """Create the description from the spec and the size of the archive in bytes."""
        copies = 1 if spec.pytorch_backend.enable_weight_sharing else spec.instance_group.count
        return cls(size, copies, spec.instance_group.kind is InstanceKind.CPU)


def check_pool_fit(
    pool: str, live: Sequence[PooledModel], new: PooledModel, instance_type: str
) -> None:
    """Check that the instance type can run all models, if the table knows the type.

    Args:
        pool: the name of the pool.
        live: the live versions of the pool. A version that the new one replaces counts, too,
            because it answers clients until the new one has passed its test.
        new: the version that is deployed into the pool.
        instance_type: the pool's instance type.

    Raises:
        SpecRejected: the instance type has several GPUs, or the archives are larger than the memory
            of the host, or of its GPU.
    """
    require_one_gpu(instance_type)
    facts = instance_facts(instance_type)
    if facts is not None:
        check_memory(pool, live, new, instance_type, facts)


def check_memory(
    pool: str,
    live: Sequence[PooledModel],
    new: PooledModel,
    instance_type: str,
    facts: InstanceFacts,
) -> None:
    """Do the check of `check_pool_fit` with the facts of the instance type."""
    on_gpu = [facts.gpus > 0 and not each.only_cpu for each in (*live, new)]
    for is_gpu, memory_mib, memory in (
        (False, facts.memory_mib, "of memory"),
        (True, facts.gpu_memory_mib, f"of memory on its {facts.gpu}"),
    ):
        models = [each for each, gpu in zip((*live, new), on_gpu, strict=True) if gpu is is_gpu]
        needed = sum(each.size * each.copies for each in models) / _MIB
        if new in models and needed > memory_mib:
            raise _full(pool, live, new, instance_type, needed, f"{gib(memory_mib)} GiB {memory}")


def _full(
    pool: str,
    live: Sequence[PooledModel],
    new: PooledModel,
    instance_type: str,
    needed: float,
    limit: str,
) -> SpecRejected:
    size, own = sum(each.size for each in live) / _MIB, new.size / _MIB
    return SpecRejected(
        f"The pool {pool} is full: the archives of its live models ({len(live)}) have {gib(size)} "
        f"GiB, and this one has {gib(own)} GiB. Together they need at least {gib(needed)} GiB, but "
        f"{instance_type} has {limit}.",
        "Set a larger endpoint.instance_type in deploy.yaml, which changes the pool. Or name "
        "another pool there, or retire models of this one. Then upload deploy.yaml.",
    )
