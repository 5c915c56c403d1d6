"""Checks the warm-up requests that Triton creates from a config.pbtxt before a model is ready.

Sources: `GenerateWarmupData` in triton-inference-server/core, src/backend_model_instance.cc, and
`InferenceRequest::Normalize` in src/infer_request.cc.
"""

from __future__ import annotations

import math
from typing import BinaryIO

from model_packager.formats.pbtxt_reader import Message
from model_packager.formats.triton_repository.config.model_config import (
    ModelConfig,
    dtype,
    entries,
    flag,
    integer,
    integers,
    message_of,
    messages,
    text,
)
from model_packager.formats.triton_repository.repository_files import RepositoryFiles
from model_packager.formats.triton_repository.versions import require_file

WARMUP_FOLDER = "warmup/"
MAX_TEXTS = 100_000
"""The maximum number of texts to count in a file. A warm-up request with more is accepted."""

_ITEM_BYTES = {
    **dict.fromkeys(("BOOL", "UINT8", "INT8"), 1),
    **dict.fromkeys(("UINT16", "INT16", "FP16", "BF16"), 2),
    **dict.fromkeys(("UINT32", "INT32", "FP32"), 4),
    **dict.fromkeys(("UINT64", "INT64", "FP64"), 8),
}
_DATA = ("zero_data", "random_data", "input_data_file")


def check_warmups(files: RepositoryFiles, config: ModelConfig) -> None:
    """Check every warm-up request that Triton sends.

    Args:
        files: the repository.
        config: the model's config, as Triton completes it.

    Raises:
        ModelRejected: Triton cannot create a request, or the model refuses it. The error has the
            line.
    """
    for warmup in messages(config.message, "model_warmup"):
        if integer(warmup, "batch_size") == 0:
            continue  # Triton skips this request
        given = {name: message_of(entry, "value") for name, entry in entries(warmup, "inputs")}
        for name, value in given.items():
            _check_data(files, config, name, value)
        _check_inputs(config, warmup, given)
        _check_batch(config, warmup)


def _check_batch(config: ModelConfig, warmup: Message) -> None:
    """Check the batch size, which is 1 for a model without batches."""
    size, largest = integer(warmup, "batch_size"), integer(config.message, "max_batch_size")
    if "max_batch_size" not in config.completed and size > max(1, largest):
        raise config.rejected(
            warmup.line_of("batch_size"),
            f"the warm-up request {text(warmup, 'name')!r:.120} has the batch_size {size}, and "
            f"max_batch_size is {largest}.",
            f"Write a batch_size of at most {max(1, largest)}",
        )


def _check_data(files: RepositoryFiles, config: ModelConfig, name: str, value: Message) -> None:
    dims = integers(value, "dims")
    if any(size < 0 for size in dims):
        raise config.rejected(
            value.line_of("dims"),
            f"the warm-up input {name!r:.120} has the variable dims {list(dims)!r:.120}.",
            "Write the sizes of the warm-up request",
        )
    if not any(each in value for each in _DATA):
        raise config.rejected(
            value.line,
            f"the warm-up input {name!r:.120} has no data.",
            "Add `zero_data: true`, random_data or input_data_file",
        )
    if "input_data_file" not in value:
        return
    folder = files.models[config.model]
    path = require_file(folder, config, value, "input_data_file", WARMUP_FOLDER)
    if not path:
        return
    size, elements = folder.files[path][1], math.prod(dims)
    has, needs = f"{size:,} bytes", f"{elements * _ITEM_BYTES.get(dtype(value), 0):,}"
    fits = size >= elements * _ITEM_BYTES.get(dtype(value), 0)
    content = "the raw values of the tensor"
    if dtype(value) == "STRING" and elements <= MAX_TEXTS:
        texts = _texts(files.open(config.model, path), elements)
        has, needs = f"{texts:,} texts" + " or more" * (texts > elements), f"{elements:,}"
        fits = texts == elements
        content = "each text, preceded by its length as a little-endian number of four bytes,"
    if not fits:
        raise config.rejected(
            value.line_of("input_data_file"),
            f"{folder.name:.120}/{path:.200} has {has}, but the warm-up input "
            f"{name!r:.120} needs {needs} ({dtype(value)} {list(dims)!r:.120}).",
            f"Write {content} into the file, or correct data_type and dims",
        )


def _texts(file: BinaryIO, most: int) -> int:
    """Return the number of complete texts in a file, at most `most` + 1."""
    size, position, count = file.seek(0, 2), 0, 0
    while position < size and count <= most:
        file.seek(position)
        position += 4 + int.from_bytes(file.read(4), "little")
        count += position <= size
    return count


def _check_inputs(config: ModelConfig, warmup: Message, given: dict[str, Message]) -> None:
    for tensor in messages(config.message, "input"):
        name = text(tensor, "name")
        value = given.get(name)
        if value is None:
            if flag(tensor, "optional"):
                continue
            raise config.rejected(
                warmup.line,
                f"the warm-up request {text(warmup, 'name')!r:.120} lacks the input {name!r:.120}.",
                f'Add `inputs {{ key: "{name:.120}" value: {{ … }} }}`',
            )
        if dtype(value) != dtype(tensor):
            raise config.rejected(
                value.line_of("data_type", 0) if "data_type" in value else value.line,
                f"the warm-up input {name!r:.120} is {dtype(value)}, but the input is "
                f"{dtype(tensor)}.",
                f"Write `data_type: TYPE_{dtype(tensor)}`",
            )
        sent, declared = integers(value, "dims"), integers(tensor, "dims")
        if not _fit(sent, declared) and not flag(tensor, "allow_ragged_batch"):
            raise config.rejected(
                value.line_of("dims") if "dims" in value else value.line,
                f"the warm-up input {name!r:.120} has the dims {list(sent)!r:.120}, but the input "
                f"has {list(declared)!r:.120} (without the batch, which Triton adds).",
                "Write the dims of the input, with a size in place of each -1",
            )


def _fit(sent: tuple[int, ...], declared: tuple[int, ...]) -> bool:
    return len(sent) == len(declared) and all(
        want in (-1, have) for have, want in zip(sent, declared, strict=True)
    )
