"""The warm-up requests of a config.pbtxt, as Triton makes them before the model is ready.

Sources: `GenerateWarmupData` in triton-inference-server/core, src/backend_model_instance.cc, and
`InferenceRequest::Normalize` in src/infer_request.cc.
"""

from __future__ import annotations

import math

from model_packager.formats.pbtxt_reader import Message
from model_packager.formats.triton_repository.model_config import (
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
from model_packager.formats.triton_repository.repository_files import ModelFolder
from model_packager.formats.triton_repository.versions import require_file

WARMUP_FOLDER = "warmup/"

_ITEM_BYTES = {
    **dict.fromkeys(("BOOL", "UINT8", "INT8"), 1),
    **dict.fromkeys(("UINT16", "INT16", "FP16", "BF16"), 2),
    **dict.fromkeys(("UINT32", "INT32", "FP32"), 4),
    **dict.fromkeys(("UINT64", "INT64", "FP64"), 8),
}
_DATA = ("zero_data", "random_data", "input_data_file")


def check_warmups(folder: ModelFolder, config: ModelConfig) -> None:
    """Check every warm-up request that Triton sends.

    Raises:
        ModelRejected: Triton cannot make it, or the model refuses it; names the line.
    """
    for warmup in messages(config.message, "model_warmup"):
        if integer(warmup, "batch_size") == 0:
            continue  # Triton skips it
        given = {name: message_of(entry, "value") for name, entry in entries(warmup, "inputs")}
        for name, value in given.items():
            _check_data(folder, config, name, value)
        _check_inputs(config, warmup, given)


def _check_data(folder: ModelFolder, config: ModelConfig, name: str, value: Message) -> None:
    dims = integers(value, "dims")
    if any(size < 0 for size in dims):
        raise config.rejected(
            value.line_of("dims"),
            f"the warm-up input {name!r:.120} has the open dims {list(dims)!r:.120}.",
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
    path = require_file(folder, config, value, "input_data_file", WARMUP_FOLDER)
    size = folder.files[path][1] if path else 0
    needed = math.prod(dims) * _ITEM_BYTES.get(dtype(value), 0)
    if size < needed:
        raise config.rejected(
            value.line_of("input_data_file"),
            f"{folder.name:.120}/{path:.200} has {size:,} bytes, and the warm-up input "
            f"{name!r:.120} needs {needed:,} ({dtype(value)} {list(dims)!r:.120}).",
            "Write the raw values of the tensor into the file, or correct data_type and dims",
        )


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
