"""Checks that a config fits the TorchScript model in the archive.

Source: `ValidateInputs` in triton-inference-server/pytorch_backend, src/pt/model_instance_state.cc
(src/libtorch.cc in earlier releases).
"""

from __future__ import annotations

from model_packager.dtype import Dtype
from model_packager.formats.pbtxt_reader import Message
from model_packager.formats.torchscript.archive import (
    Argument,
    TorchScriptArchive,
    read_torchscript,
)
from model_packager.formats.torchscript.output_facts import OutputFacts
from model_packager.formats.torchscript.output_signature import facts_by_name, refuse_unsupported
from model_packager.formats.torchscript.signature import argument_order
from model_packager.formats.torchscript.source import TEXTS
from model_packager.formats.triton_repository.config.model_config import (
    ModelConfig,
    dtype,
    integer,
    integers,
    message_of,
    messages,
    naming_file,
    text,
)
from model_packager.formats.triton_repository.repository_files import RepositoryFiles


def check_torchscript(files: RepositoryFiles, config: ModelConfig, path: str) -> None:
    """Check a model against its config.

    Raises:
        ModelRejected: Triton does not load the model. The error has the file or the line of the
            config.
    """
    with naming_file(config, path):
        archive = read_torchscript(files.open(config.model, path))
    inputs = messages(config.message, "input")
    states = messages(message_of(config.message, "sequence_batching"), "state")
    batch_inputs = messages(config.message, "batch_input")
    arguments = ", ".join(each.name[:60] for each in archive.arguments)
    if not inputs or not messages(config.message, "output"):
        kind = "output" if inputs else "input"
        raise config.rejected(
            None,
            f"it declares no {kind}, and Triton does not complete the config of a TorchScript "
            f"model (`forward` takes {arguments:.300}).",
            f'Add `{kind} [ {{ name: "{kind.upper()}__0" data_type: TYPE_FP32 dims: [ SIZE ] }} ]`',
        )
    _check_torchscript_outputs(config, archive, path)
    if archive.takes_dict or states or batch_inputs or "sequence_batching" in config.message:
        return
    if len(inputs) != len(archive.arguments):
        raise config.rejected_field(
            "input",
            f"it declares {len(inputs)} input(s), but `forward` in {path:.200} takes "
            f"{len(archive.arguments)}: {arguments:.300}.",
            f"Declare exactly {len(archive.arguments)} input(s)",
        )
    for tensor, position in zip(
        inputs, argument_order(archive, [text(each, "name") for each in inputs]), strict=True
    ):
        if position < len(archive.arguments):
            _check_text_input(config, tensor, archive.arguments[position], path)


def _check_text_input(config: ModelConfig, tensor: Message, argument: Argument, path: str) -> None:
    is_text = argument.type == TEXTS
    if is_text != (dtype(tensor) == Dtype.STRING):
        raise config.rejected(
            tensor.line_of("data_type"),
            f"the input {text(tensor, 'name')!r:.120} is {dtype(tensor)}, but `forward` in "
            f"{path:.200} takes `{argument.name:.60}: {argument.type}`.",
            "Write `data_type: TYPE_STRING`"
            if is_text
            else "Write the type of the tensor, such as `data_type: TYPE_FP32`",
        )
    if is_text:
        _check_text_dims(config, "input", tensor)


def _check_text_dims(config: ModelConfig, kind: str, tensor: Message) -> None:
    """Check text like `ValidateInputs` and `ValidateOutputs`, which count the batch as a dim."""
    reshaped = "reshape" in tensor
    dims = integers(message_of(tensor, "reshape"), "shape") if reshaped else None
    rank = len(integers(tensor, "dims") if dims is None else dims)
    if rank + (integer(config.message, "max_batch_size") > 0) > 1:
        raise config.rejected(
            tensor.line_of("dims"),
            f"the {kind} {text(tensor, 'name')!r:.120} is text, which has one dimension in "
            "Triton's PyTorch backend, the batch included.",
            "Write `dims: [ -1 ]` and `max_batch_size: 0`",
        )
    if kind == "output" and integer(config.message, "max_batch_size") > 0:
        raise config.rejected_field(
            "max_batch_size",
            f"the output {text(tensor, 'name')!r:.120} is text. Triton's PyTorch backend gives "
            "each request of a batch the texts of the first one.",
            "Write `max_batch_size: 0` and `dims: [ -1 ]` without a reshape",
        )


def _check_torchscript_outputs(config: ModelConfig, archive: TorchScriptArchive, path: str) -> None:
    """Compare the outputs with the facts that the code of `forward` shows, if any."""
    declared = {text(each, "name"): each for each in messages(config.message, "output")}
    facts = facts_by_name(archive, tuple(declared))
    for name, tensor in declared.items():
        if archive.returns is not None and name not in facts:
            raise config.rejected(
                tensor.line_of("name"),
                f"the output {name!r:.120} names a result that `forward` in {path:.200} does not "
                f"return; it returns {archive.returns}.",
                "Number the outputs from 0 (OUTPUT__0), and list no more than `forward` returns",
            )
        known = facts.get(name, OutputFacts())
        with naming_file(config, path):
            refuse_unsupported(name, known, alone=archive.returns == 1)
        if known.dtype not in (None, dtype(tensor)):
            raise config.rejected(
                tensor.line_of("data_type"),
                f"the output {name!r:.120} is {dtype(tensor)}, but `forward` in {path:.200} "
                f"returns {known.dtype}.",
                f"Write `data_type: TYPE_{known.dtype}`",
            )
        if dtype(tensor) == Dtype.STRING:
            _check_text_dims(config, "output", tensor)
