"""config.pbtxt: a model's configuration as Triton reads it (protobuf text format).

The fields are those of `ModelConfig` (triton-inference-server/common,
protobuf/model_config.proto).
"""

from collections.abc import Iterable
from typing import Literal

from model_packager.names.drop import LABELS_FILE
from model_packager.rejection import SpecRejected
from model_packager.signature import Signature, Tensor
from model_packager.spec.deploy_spec import DeploySpec
from model_packager.spec.triton_spec import (
    DynamicBatching,
    InstanceGroup,
    InstanceKind,
    ModelWarmup,
    PytorchBackend,
    VersionPolicy,
)

BackendField = tuple[Literal["platform", "backend"], str]
"""The field that selects a model's backend or platform, and its value."""

PYTORCH: BackendField = ("platform", "pytorch_libtorch")
_PRINTABLE = range(0x20, 0x7F)


def render_config_pbtxt(
    model: str,
    signature: Signature,
    spec: DeploySpec,
    *,
    labels: bool,
    gpu: bool,
    backend_field: BackendField = PYTORCH,
) -> str:
    """Render the configuration of one model.

    KIND_AUTO stays KIND_AUTO: Triton uses the GPUs if there are any, so the same artifact
    runs on instances with and without a GPU.

    Args:
        model: the name of the model and its folder.
        signature: inputs, outputs and the largest batch.
        spec: the spec, with batching and instances.
        labels: whether the repository has labels.txt, for the classes of the first output.
        gpu: whether the instances have GPUs.
        backend_field: the model's backend or platform.

    Raises:
        SpecRejected: the spec requests KIND_GPU on an instance without a GPU, or a warm-up or
            dynamic batching with a batch size that the model does not accept.
    """
    group = spec.instance_group
    if group.kind is InstanceKind.GPU and not gpu:
        raise SpecRejected(
            "instance_group.kind is KIND_GPU, but the endpoint's instance type has no GPU.",
            "Use a GPU instance type (endpoint.instance_type, such as ml.g4dn.xlarge), or leave "
            "instance_group.kind out; then upload deploy.yaml.",
        )
    lines = [
        f"name: {quoted(model)}",
        f"{backend_field[0]}: {quoted(backend_field[1])}",
        f"max_batch_size: {signature.max_batch_size}",
        "input [",
        *_tensors(_tensor(each) for each in signature.inputs),
        "]",
        *_outputs(signature, labels=labels),
        *_instance_group(group),
        *_version_policy(spec.version_policy),
        *_parameters(spec.pytorch_backend),
        *_model_warmup(effective_warmup(spec.model_warmup, signature), signature),
        *_dynamic_batching(spec.dynamic_batching, signature.max_batch_size),
    ]
    return "\n".join(lines) + "\n"


def _tensors(tensors: Iterable[list[str]]) -> Iterable[str]:
    for index, lines in enumerate(tensors):
        if index:
            yield "  ,"
        yield from ("  " + line for line in lines)


def _outputs(signature: Signature, *, labels: bool) -> list[str]:
    """Render the outputs. Only an output in the config can name the labels file."""
    if signature.completed_by_triton and not labels:
        return []
    tensors = _tensors(
        _tensor(each, labels=labels and index == 0) for index, each in enumerate(signature.outputs)
    )
    return ["output [", *tensors, "]"]


def _tensor(tensor: Tensor, *, labels: bool = False) -> list[str]:
    dims = ", ".join(str(size) for size in tensor.dims)
    lines = [f"  name: {quoted(tensor.name)}", f"  data_type: TYPE_{tensor.dtype}"]
    lines.append(f"  dims: [ {dims} ]")
    if labels:
        lines.append(f"  label_filename: {quoted(LABELS_FILE)}")
    return ["{", *lines, "}"]


def _instance_group(group: InstanceGroup) -> list[str]:
    return [
        "instance_group [",
        "  {",
        f"    count: {group.count}",
        f"    kind: {group.kind}",
        "  }",
        "]",
    ]


def _version_policy(policy: VersionPolicy | None) -> list[str]:
    if policy is None:
        return []
    if policy.specific is not None:
        chosen = f"specific {{ versions: [ {', '.join(map(str, policy.specific))} ] }}"
    elif policy.latest is not None:
        chosen = f"latest {{ num_versions: {policy.latest} }}"
    else:
        chosen = "all { }"
    return [f"version_policy: {{ {chosen} }}"]


def _parameters(backend: PytorchBackend) -> list[str]:
    """Render parameters, which the backend reads as strings: "true" or "false" for switches."""
    set_ones = ((name.upper(), str(value).lower()) for name, value in backend if value is not None)
    return [
        f"parameters {{ key: {quoted(name)} value {{ string_value: {quoted(value)} }} }}"
        for name, value in set_ones
    ]


def effective_warmup(requested: ModelWarmup | None, signature: Signature) -> ModelWarmup:
    """Return the spec's warm-up, or a harmless one.

    The server does not start if a warm-up fails (seen on tritonserver 2.51). Zeros are fine for
    floats, but a bad input for a model with integer lengths, for example.
    """
    if requested is not None:
        return requested
    known = all(_is_float_of_known_size(each) for each in signature.inputs)
    return ModelWarmup() if known else ModelWarmup(batch_sizes=())


def _model_warmup(warmup: ModelWarmup, signature: Signature) -> list[str]:
    lines = []
    for size in warmup.batch_sizes:
        if size > max(1, signature.max_batch_size):
            raise SpecRejected(
                f"model_warmup.batch_sizes has {size}, but max_batch_size is "
                f"{signature.max_batch_size}.",
                "Use sizes up to max_batch_size (1 if that is 0), or raise max_batch_size in "
                "deploy.yaml; then upload it.",
            )
        lines += _warmup_of(size, warmup, signature)
    return lines


def _is_float_of_known_size(tensor: Tensor) -> bool:
    return tensor.dtype.startswith("FP") and -1 not in _example(tensor)


def _example(tensor: Tensor) -> tuple[int, ...]:
    return tensor.example_dims or tensor.dims


def _warmup_of(batch_size: int, warmup: ModelWarmup, signature: Signature) -> list[str]:
    return [
        "model_warmup {",
        f'  name: "batch of {batch_size}"',
        f"  batch_size: {batch_size}",
        f"  count: {warmup.repeat}",
        *(line for tensor in signature.inputs for line in _warmup_input(tensor, warmup)),
        "}",
    ]


def _warmup_input(tensor: Tensor, warmup: ModelWarmup) -> list[str]:
    dims = ", ".join(str(size) for size in _example(tensor))
    if -1 in _example(tensor):
        raise SpecRejected(
            f"model_warmup needs the size of the input {tensor.name}, whose dims are [{dims}].",
            "Add example_dims to the input in deploy.yaml, every size known, or leave model_warmup "
            "out; then upload it.",
        )
    return [
        "  inputs {",
        f"    key: {quoted(tensor.name)}",
        f"    value {{ data_type: TYPE_{tensor.dtype} dims: [ {dims} ] {warmup.data}_data: true }}",
        "  }",
    ]


def _dynamic_batching(batching: DynamicBatching | None, max_batch_size: int) -> list[str]:
    if batching is None:
        return []
    largest = max(batching.preferred_batch_sizes, default=2)
    if max_batch_size < 2:
        raise SpecRejected(
            f"deploy.yaml turns on dynamic_batching, but max_batch_size is {max_batch_size}, so "
            "Triton cannot combine requests.",
            f"If the model accepts batches, set max_batch_size to {largest} or more in "
            "deploy.yaml; otherwise remove dynamic_batching. Then upload deploy.yaml.",
        )
    if largest > max_batch_size:
        raise SpecRejected(
            f"dynamic_batching.preferred_batch_sizes has {largest}, but max_batch_size is "
            f"{max_batch_size}.",
            f"Set max_batch_size to {largest} or more in deploy.yaml, or use smaller preferred "
            "sizes. Then upload deploy.yaml.",
        )
    preferred = ", ".join(str(size) for size in batching.preferred_batch_sizes)
    return [
        "dynamic_batching {",
        *([f"  preferred_batch_size: [ {preferred} ]"] if preferred else []),
        f"  max_queue_delay_microseconds: {batching.max_queue_delay_microseconds}",
        "}",
    ]


def quoted(value: str) -> str:
    """Quote a string, with octal escapes for quotes, backslashes and unprintable characters."""
    escaped = (
        chr(byte) if byte in _PRINTABLE and chr(byte) not in '"\\' else f"\\{byte:03o}"
        for byte in value.encode()
    )
    return f'"{"".join(escaped)}"'
