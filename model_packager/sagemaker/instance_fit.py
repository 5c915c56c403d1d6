"""Checks that a model's weights fit onto an instance, and that a pool may run on it.

Only the weights are certain: each instance of the model loads its own copy, on each GPU
(triton-inference-server/pytorch_backend, README, "ENABLE_WEIGHT_SHARING"), and reads the whole file
into the host's memory first (ModelState::LoadModel). The memory that requests need is unknown. So
too little memory for the weights is rejected, and memory close to their size causes a warning.
"""

from model_packager.aws_limits import SERVERLESS_MEMORY_MB
from model_packager.rejection import SpecRejected
from model_packager.sagemaker.instance_facts import gib, instance_facts, nearest_type
from model_packager.spec.deploy_spec import DeploySpec
from model_packager.spec.hosting_mode import serverless_memory_mb
from model_packager.spec.triton_spec import InstanceKind

NEAR = 0.7
"""The share of the memory above which weights cause a warning: activations and CUDA need memory,
too."""

_MIB = 1024 * 1024
_AGAIN = "then upload deploy.yaml"
_MORE = "an instance type with more memory in deploy.yaml (endpoint.instance_type)"
_MORE_SERVERLESS = (
    "more memory in deploy.yaml (hosting.memory_mb, at most "
    f"{SERVERLESS_MEMORY_MB.value}), or another hosting.mode"
)


def check_fit(spec: DeploySpec, instance_type: str, weight_bytes: int) -> tuple[str, ...]:
    """Compare the weights with the memory of the instance type.

    Args:
        spec: the spec, with the number of copies of the model, and their device.
        instance_type: such as "ml.g4dn.xlarge".
        weight_bytes: the size of the model file, which is mostly weights.

    Returns:
        Warnings.

    Raises:
        SpecRejected: the weights alone exceed the memory, or AWS's Triton image does not support
            the instance's processor.
    """
    memory_mb = serverless_memory_mb(instance_type)
    if memory_mb is not None:
        shared = spec.pytorch_backend.enable_weight_sharing
        copies = 1 if shared else spec.instance_group.count
        place = f"a serverless endpoint with {memory_mb:,} MB"
        note = _compared(weight_bytes, copies, memory_mb, "memory", place, _MORE_SERVERLESS)
        return (note,) if note else ()
    facts = instance_facts(instance_type)
    if facts is None:
        near = nearest_type(instance_type)
        hint = f" (did you mean {near}?)" if near else ""
        return (
            f"{instance_type} is not in the table of instance types{hint}: Modeldrop did not "
            "check whether the model fits into its memory.",
        )
    if facts.architecture != "x86_64":
        raise SpecRejected(
            f"{instance_type} has an {facts.architecture} processor (Graviton), but AWS's "
            "Triton image is built for x86_64.",
            "Choose another type in deploy.yaml (endpoint.instance_type, such as ml.c6i.xlarge); "
            f"{_AGAIN}.",
        )
    shared = spec.pytorch_backend.enable_weight_sharing
    copies = 1 if shared else spec.instance_group.count
    on_gpu = facts.gpus > 0 and spec.instance_group.kind is not InstanceKind.CPU
    notes = [
        _compared(weight_bytes, 1 if on_gpu else copies, facts.memory_mib, "memory", instance_type)
    ]
    if on_gpu:
        memory = f"memory of each {facts.gpu}"
        notes.append(_compared(weight_bytes, copies, facts.gpu_memory_mib, memory, instance_type))
    return tuple(note for note in notes if note)


def _compared(
    weight_bytes: int, copies: int, memory_mib: int, memory: str, place: str, more: str = _MORE
) -> str:
    needed = weight_bytes * copies / _MIB
    weights = f"{gib(weight_bytes / _MIB)} GiB of weights"
    if copies > 1:
        weights = f"{copies} copies of {weights}, {gib(needed)} GiB in all"
    if needed > memory_mib:
        fewer = "a smaller instance_group.count, or " if copies > 1 else ""
        raise SpecRejected(
            f"The model does not fit onto {place}: {weights}, but the {memory} is "
            f"{gib(memory_mib)} GiB.",
            f"Use {fewer}{more}; {_AGAIN}.",
        )
    if needed > NEAR * memory_mib:
        return (
            f"{weights[0].upper()}{weights[1:]} take {needed / memory_mib:.0%} of the {memory} of "
            f"{place} ({gib(memory_mib)} GiB); a run needs more."
        )
    return ""


def require_one_gpu(instance_type: str) -> None:
    """Check that the instance type has at most one GPU, if the table knows the type.

    "Multi-model endpoints are currently supported for all CPU instances types and on single-GPU
    instance types" (SageMaker developer guide, "Instance recommendations for multi-model endpoint
    deployments").

    Raises:
        SpecRejected: the instance type has several GPUs.
    """
    facts = instance_facts(instance_type)
    if facts is not None and facts.gpus > 1:
        raise SpecRejected(
            f"{instance_type} has {facts.gpus} GPUs. SageMaker runs pools (multi-model endpoints) "
            "only on instances with one GPU or none.",
            "Set an endpoint.instance_type with one GPU in deploy.yaml, such as ml.g5.xlarge. Or "
            "set hosting.mode to real_time. Then upload deploy.yaml.",
        )
