"""The signature of the endpoint's model, from its config.pbtxt."""

from __future__ import annotations

from model_packager.dtype import Dtype
from model_packager.formats.declared_signature import signature_of_spec
from model_packager.formats.pbtxt_reader import Message
from model_packager.formats.triton_repository.config.model_config import (
    AGAIN,
    ModelConfig,
    dtype,
    integer,
    integers,
    messages,
    text,
)
from model_packager.model_warnings import ModelWarning, WarningCode
from model_packager.rejection import SpecRejected
from model_packager.signature import MAX_TENSORS, Signature, Tensor
from model_packager.spec.deploy_spec import DeploySpec
from model_packager.spec.triton_spec import TensorSpec
from model_packager.spec.yaml.lines import open_tensor_line

_OF_THE_ARCHIVE = ("instance_group", "dynamic_batching")


def signature_of(config: ModelConfig, spec: DeploySpec) -> Signature:
    """Return the inputs and outputs of the endpoint's model.

    Args:
        config: the model's complete and valid config.
        spec: the spec, which has the test sizes of variable dims.

    Raises:
        ModelRejected: the smoke test cannot send or read a tensor.
        SpecRejected: deploy.yaml contradicts the config, or lacks something.
    """
    _refuse_what_the_config_decides(config, spec)
    if "input" in config.completed and "input" not in config.message:
        return _declared(config, spec)
    max_batch_size = integer(config.message, "max_batch_size")
    if spec.max_batch_size not in (None, max_batch_size):
        raise _other_batch_size(config, spec, max_batch_size)
    declared = {each.name: each for each in (*(spec.inputs or ()), *(spec.outputs or ()))}
    inputs, outputs = (
        tuple(
            _tensor(config, each, declared, is_input=kind == "input")
            for each in messages(config.message, kind)
        )
        for kind in ("input", "output")
    )
    for kind, tensors in (("input", inputs), ("output", outputs)):
        if not tensors:
            raise config.rejected(
                None,
                f"it declares no {kind}, and Triton does not complete the config of this model.",
                f'Add `{kind} [ {{ name: "NAME" data_type: TYPE_FP32 dims: [ SIZE ] }} ]`',
            )
        if len(tensors) > MAX_TENSORS:
            raise config.rejected_field(
                kind,
                f"it has {len(tensors):,} {kind}s; the maximum is {MAX_TENSORS:,}.",
                f"Combine {kind}s",
            )
    unknown = set(declared) - {each.name for each in (*inputs, *outputs)}
    if unknown:
        raise SpecRejected(
            f"deploy.yaml names {', '.join(sorted(unknown)):.300}, but {config.path} has no such "
            "input or output.",
            "Use the names of config.pbtxt, or remove them from deploy.yaml; then upload it again.",
        )
    return Signature(
        inputs=inputs,
        outputs=outputs,
        max_batch_size=max_batch_size,
        sequences="sequence_batching" in config.message,
        completed_by_triton="output" in config.completed,
    )


def _declared(config: ModelConfig, spec: DeploySpec) -> Signature:
    """Return the declarations in deploy.yaml for a model that only Triton can read."""
    signature = signature_of_spec(
        "a model repository with an incomplete config.pbtxt", spec, has_text=True
    )
    stated = integer(config.message, "max_batch_size")
    if stated and spec.max_batch_size not in (None, stated):
        raise _other_batch_size(config, spec, stated)
    return signature.model_copy(
        update={
            "max_batch_size": stated or signature.max_batch_size,
            "sequences": "sequence_batching" in config.message,
        }
    )


def _other_batch_size(config: ModelConfig, spec: DeploySpec, stated: int) -> SpecRejected:
    return SpecRejected(
        f"max_batch_size is {spec.max_batch_size} in deploy.yaml but {stated} in {config.path}, "
        "which is what Triton reads.",
        f"Remove it from deploy.yaml, or change it in config.pbtxt; {AGAIN}",
    )


def sequence_warnings(signature: Signature) -> tuple[ModelWarning, ...]:
    """Warn about several instances if requests belong to sequences."""
    if not signature.sequences:
        return ()
    return (
        ModelWarning(
            code=WarningCode.SEQUENCES,
            cause="The model keeps state between the requests of a sequence (sequence_batching). "
            "With more than one instance, SageMaker sends each request to any of them, without "
            "sticky routing, so a sequence loses its state.",
            fix="Keep one instance (endpoint.instance_count: 1, no autoscaling), and send "
            "sequence_id, sequence_start and sequence_end as parameters of each request.",
        ),
    )


def _refuse_what_the_config_decides(config: ModelConfig, spec: DeploySpec) -> None:
    set_here = [key for key in _OF_THE_ARCHIVE if key in spec.model_fields_set]
    if set_here:
        raise SpecRejected(
            f"deploy.yaml sets {' and '.join(set_here)}, but the archive has its own config.pbtxt, "
            "which Modeldrop does not change.",
            f"Set it in {config.path} and remove it from deploy.yaml; {AGAIN}",
        )


def _tensor(
    config: ModelConfig, tensor: Message, declared: dict[str, TensorSpec], *, is_input: bool
) -> Tensor:
    name, kind, dims = text(tensor, "name"), dtype(tensor), integers(tensor, "dims")
    if kind not in Dtype.__members__:
        raise config.rejected(
            tensor.line_of("data_type"),
            f"{name:.120} has the type {kind:.40}, but the smoke test supports {', '.join(Dtype)}.",
            "Use one of these types for the inputs and outputs of the endpoint's model (files: "
            "UINT8)",
        )
    spec = declared.get(name)
    if spec is not None and not is_input and spec.dtype == kind and "output" in config.completed:
        dims = spec.dims  # ONNX Runtime infers the dims, and the smoke test checks them
    if spec is not None and (spec.dtype != kind or spec.dims != dims):
        raise SpecRejected(
            f"{name:.120} is {spec.dtype} {list(spec.dims)} in deploy.yaml and {kind} "
            f"{list(dims)} in {config.path}, which is what Triton reads.",
            "Write the same in deploy.yaml (only example_dims has an effect there), or remove it; "
            "then upload it again.",
        )
    if not is_input:
        return Tensor(name=name, dtype=Dtype(kind), dims=dims)
    example = spec.example_dims if spec is not None else None
    if example is None and -1 in dims:
        raise SpecRejected(
            f"The input {name:.120} of {config.model:.120} has the variable dims {list(dims)}, "
            "and no test size is set.",
            "Put a file deploy.yaml next to model.tar.gz with these lines, with a number for each "
            "SIZE, and upload it:\ninputs:\n" + open_tensor_line(name, kind, dims),
        )
    return Tensor(name=name, dtype=Dtype(kind), dims=dims, example_dims=example or dims)
