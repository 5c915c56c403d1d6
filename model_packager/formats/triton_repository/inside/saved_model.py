"""Checks that a config fits the SavedModel in the archive.

Sources: `savedmodel::ValidateTRITONTFModel`, `FixBatchingSupport` and `CompareDims` in
triton-inference-server/tensorflow_backend, src/tensorflow.cc and src/tensorflow_utils.cc.
"""

from __future__ import annotations

from model_packager.formats.pbtxt_reader import Message
from model_packager.formats.protobuf import ProtobufDamaged
from model_packager.formats.saved_model_signature import (
    DEFAULT_SIGNATURE,
    DEFAULT_TAG,
    SavedSignature,
    SavedTensor,
    chosen_signature,
    signatures_of,
)
from model_packager.formats.triton_repository.config.model_config import (
    AGAIN,
    ModelConfig,
    dtype,
    flag,
    integer,
    integers,
    message_of,
    messages,
    parameter,
    text,
)
from model_packager.formats.triton_repository.repository_files import RepositoryFiles
from model_packager.rejection import ModelRejected


def check_saved_model(files: RepositoryFiles, config: ModelConfig, path: str) -> None:
    """Check a model's signature against its config.

    Args:
        files: the repository.
        config: the model's config.
        path: the path of saved_model.pb in the model's folder.

    Raises:
        ModelRejected: Triton does not load the model. The error has the file or the line of the
            config.
    """
    place = f"{config.model:.120}/{path:.200}"
    tag, _ = parameter(config.message, "TF_GRAPH_TAG") or (DEFAULT_TAG, 0)
    try:
        signatures = signatures_of(files.open(config.model, path), tag or DEFAULT_TAG)
    except ProtobufDamaged as damage:
        raise ModelRejected(
            f"{place} is not a SavedModel that Triton can load: {damage}.",
            f"Save the model again (`tf.saved_model.save`), and copy the whole folder; {AGAIN}",
        ) from damage
    if not signatures:
        raise ModelRejected(
            f"{place} has no signature for requests, such as {DEFAULT_SIGNATURE}.",
            f"Save the model with one: `tf.saved_model.save(model, folder, signatures=…)`; {AGAIN}",
        )
    name, _ = parameter(config.message, "TF_SIGNATURE_DEF") or (DEFAULT_SIGNATURE, 0)
    signature = chosen_signature(signatures, name or DEFAULT_SIGNATURE)
    if signature is not None:
        _check_batch(config, signature, path)
        for kind, tensors in (("input", signature.inputs), ("output", signature.outputs)):
            for declared in messages(config.message, kind):
                _check_tensor(config, kind, declared, tensors.get(text(declared, "name")), path)


def _check_batch(config: ModelConfig, signature: SavedSignature, path: str) -> None:
    largest = integer(config.message, "max_batch_size")
    if largest == 0:
        return
    for name, tensor in (*signature.inputs.items(), *signature.outputs.items()):
        if tensor.shape and tensor.shape[0] != -1:
            raise config.rejected_field(
                "max_batch_size",
                f"max_batch_size is {largest}, but {name!r:.120} has the shape "
                f"{list(tensor.shape)} in {path:.200}, without a variable first dimension for the "
                "batch.",
                "Write `max_batch_size: 0` and the whole shapes as dims, or save the model with a "
                "variable batch dimension (`tf.TensorSpec([None, …])`)",
            )


def _check_tensor(
    config: ModelConfig, kind: str, declared: Message, tensor: SavedTensor | None, path: str
) -> None:
    name = text(declared, "name")
    if tensor is None:
        raise config.rejected(
            declared.line_of("name"),
            f"the {kind} {name!r:.120} is not in the signature of {path:.200}.",
            f"Write the signature's own name of the {kind} (`saved_model_cli show --all --dir "
            "FOLDER` prints it)",
        )
    if dtype(declared) != tensor.dtype:
        raise config.rejected(
            declared.line_of("data_type"),
            f"the {kind} {name!r:.120} is {dtype(declared)}, but "
            f"{tensor.dtype or 'of a type that Triton does not have'} in {path:.200}.",
            f"Write `data_type: TYPE_{tensor.dtype}`"
            if tensor.dtype
            else "Cast it in the model to a type that Triton has, such as float32",
        )
    moved = flag(declared, "allow_ragged_batch") or "batch_output" in config.message
    if tensor.shape and not moved:
        _check_dims(config, kind, declared, tensor.shape, path)


def _check_dims(
    config: ModelConfig, kind: str, declared: Message, shape: tuple[int, ...], path: str
) -> None:
    """Check dims. Without max_batch_size, Triton sets it if the dims lack a variable first size."""
    reshaped = "reshape" in declared
    given = message_of(declared, "reshape") if reshaped else declared
    dims = integers(given, "shape" if reshaped else "dims")
    largest = integer(config.message, "max_batch_size")
    as_batch = shape[0] == -1 and _fits(kind, dims, shape[1:])
    if as_batch or (largest == 0 and _fits(kind, dims, shape)):
        return
    right = list(shape[1:] if largest > 0 else shape)
    raise config.rejected(
        declared.line_of("reshape" if reshaped else "dims"),
        f"the {kind} {text(declared, 'name')!r:.120} has the {'reshape' if reshaped else 'dims'} "
        f"{list(dims)}, but the shape {list(shape)} in {path:.200}"
        + (f", and max_batch_size {largest} puts the batch first." if largest else "."),
        f"Write `reshape: {{ shape: {right} }}`, and dims with as many elements"
        if reshaped
        else f"Write `dims: {right}`",
    )


def _fits(kind: str, dims: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    """Return whether dims fit. A config may fix variable sizes of inputs, but not of outputs."""
    return len(dims) == len(shape) and all(
        have == want or (have == -1 and kind == "input")
        for have, want in zip(shape, dims, strict=True)
    )
