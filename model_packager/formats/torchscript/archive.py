"""Reads a TorchScript archive without torch, and rejects what Triton's libtorch cannot serve.

A TorchScript file is a zip archive with one root folder: data.pkl (whose class names the source
file), code/…, constants.pkl, the weights, and perhaps traced_inputs.pkl and extra/…. This module
never reads the weights. Sources: torch/csrc/jit/serialization/export_module.cpp, and
`ValidateInputs` and `Execute` in triton-inference-server/pytorch_backend,
src/pt/model_instance_state.cc (src/libtorch.cc in earlier releases).
"""

import re
from dataclasses import dataclass, field
from typing import BinaryIO

from model_packager.dtype import Dtype
from model_packager.formats import file_kind, pickle_reader, unservable_files
from model_packager.formats.archives.zip_entries import ZipDamaged, ZipEntries
from model_packager.formats.pickle_reader import ModuleData, TracedTensor
from model_packager.formats.torchscript import source
from model_packager.formats.torchscript.code import CodeFacts, code_facts
from model_packager.formats.torchscript.output_facts import UNKNOWN, OutputFacts, output_facts
from model_packager.formats.torchscript.source import (
    TEXTS,
    Argument,
    Forward,
    SourceUnreadable,
)
from model_packager.names.drop import LABELS_FILE
from model_packager.rejection import ModelRejected, refusal
from model_packager.signature import MAX_TENSORS

__all__ = [
    "Argument",
    "CodeFacts",
    "ModuleData",
    "TorchScriptArchive",
    "TracedTensor",
    "read_torchscript",
]

MAX_SOURCE_BYTES = 4 * 1024 * 1024
MAX_CODE_BYTES = 2 * 1024 * 1024  # the code to scan for warnings, which takes up to 0.5 s
MAX_CODE_SPAN = 192 * 1024
"""The range of the file whose code is scanned. torch writes all code in one place, so this range
has most or all of it, and needs no additional requests."""

MAX_DATA_BYTES = 64 * 1024  # the part of data.pkl and constants.pkl to scan
MAX_TRACE_BYTES = 256 * 1024  # 300 bytes for each input
MAX_EXTRA_BYTES = 1024 * 1024

TENSOR = "Tensor"
DICT_OF_TENSORS = "Dict[str, Tensor]"


@dataclass(frozen=True, slots=True)
class TorchScriptArchive:
    """The contents of a TorchScript file.

    Attributes:
        root: the archive's root folder.
        class_name: the root module's class, such as "torchvision.models.resnet.ResNet".
        arguments: the arguments of `forward`: Tensors and List[str], or one Dict[str, Tensor].
        returns: the number of tensors and List[str] that `forward` returns; None if unknown.
        outputs: what the code shows about each output; empty if it shows nothing.
        traced_inputs: the example inputs of a traced model. A hint: their batch and their spatial
            size may be arbitrary. None for scripted, frozen and re-saved models.
        batch_is_baked: whether the traced code seems to contain the example's batch of 1 as a
            literal.
        deploy_yaml: the spec inside the archive (extra/deploy.yaml).
        labels: class labels inside the archive (extra/labels.txt).
        file_format: the version of the archive's format; None if unknown.
        code: findings in the last MAX_CODE_SPAN of its code.
        data: findings in the first MAX_DATA_BYTES of each pickle.
    """

    root: str
    class_name: str
    arguments: tuple[Argument, ...]
    returns: int | None
    outputs: tuple[OutputFacts, ...]
    traced_inputs: tuple[TracedTensor, ...] | None
    batch_is_baked: bool
    deploy_yaml: str | None
    labels: bytes | None
    file_format: int | None = None
    code: CodeFacts = field(default_factory=CodeFacts)
    data: ModuleData = field(default_factory=ModuleData)

    @property
    def has_text(self) -> bool:
        """Whether an argument or an output is text, which has no batch dimension."""
        return any(each.type == TEXTS for each in self.arguments) or any(
            each.dtype is Dtype.STRING for each in self.outputs
        )

    @property
    def takes_dict(self) -> bool:
        """Whether `forward` takes one Dict[str, Tensor], whose keys are the inputs' names."""
        return len(self.arguments) == 1 and self.arguments[0].type == DICT_OF_TENSORS


def read_torchscript(file: BinaryIO) -> TorchScriptArchive:
    """Read a model file, and reject it if Triton cannot serve it.

    This reads a few hundred kilobytes, whatever the model's size, and executes nothing. An argument
    of type List[Tensor] is refused: libtorch loads the model, but every request fails, because
    Triton passes each input as one tensor.

    Args:
        file: a seekable binary file, possibly remote.

    Raises:
        ModelRejected: the file is not a TorchScript archive, or Triton's libtorch would reject it.
    """
    head = file_kind.head_of(file)
    if not head.startswith(file_kind.ZIP_MAGIC):
        kind = file_kind.of_head(head)
        if kind is unservable_files.UNKNOWN:
            kind = file_kind.of_protobuf(file) or kind
        raise kind.rejected()
    try:
        with refusal(SourceUnreadable), ZipEntries(file) as entries:
            return _read(entries)
    except ZipDamaged as damage:
        raise _damaged(damage) from damage
    except SourceUnreadable as error:
        raise ModelRejected(
            f"The file is a TorchScript archive whose code cannot be read: {error}.",
            "Export the model again with a current PyTorch: "
            "`torch.jit.trace(model.eval(), example_input).save('model.pt')`.",
        ) from error


def _damaged(damage: ZipDamaged) -> ModelRejected:
    if damage.directory_is_missing:
        return unservable_files.TRUNCATED.rejected()
    return ModelRejected(
        f"The file is a damaged archive: {damage}.",
        "Save the model again with `torch.jit.save`, check that the upload is complete, and upload "
        "it again.",
    )


def _read(entries: ZipEntries) -> TorchScriptArchive:
    if not entries.names:
        raise unservable_files.UNKNOWN_ZIP.rejected()
    root, slash, _ = entries.names[0].partition("/")  # like PyTorchStreamReader
    kind = file_kind.of_zip(entries, root)
    if kind is not None:
        raise kind.rejected()
    if not slash:
        raise unservable_files.UNKNOWN_ZIP.rejected()
    code = _Code(entries, root)
    data = entries.start(f"{root}/data.pkl", MAX_DATA_BYTES)
    forward, class_name, outputs = _forward(data, code)
    _refuse_arguments(forward)
    returned = _types_of_outputs(code, forward.returns)
    traced = _traced_inputs(entries, root)
    facts = code.facts()
    return TorchScriptArchive(
        root=root,
        class_name=class_name,
        arguments=forward.arguments,
        returns=None if returned is None else len(returned),
        outputs=_with_texts(outputs, returned),
        traced_inputs=traced,
        batch_is_baked=traced is not None and facts.literal_batch,
        file_format=_file_format(entries, root),
        code=facts,
        data=_module_data(data, entries, root),
        deploy_yaml=_extra_text(entries, f"{root}/extra/deploy.yaml"),
        labels=_extra(entries, f"{root}/extra/{LABELS_FILE}"),
    )


class _Code:
    """The source files of an archive, up to MAX_SOURCE_BYTES."""

    def __init__(self, entries: ZipEntries, root: str) -> None:
        self.root = root
        self._entries = entries
        self._folder = f"{root}/code/"
        self._texts: dict[str, str] = {}

    def body_of(self, qualified_name: str) -> str | None:
        """Return the text of a class; None if it is not in the archive."""
        module, _, name = qualified_name.rpartition(".")
        path = f"{self._folder}{module.replace('.', '/')}.py"
        if path not in self._entries:
            return None
        return source.class_body(self._text(path), name)

    def text_of(self, qualified_name: str) -> str | None:
        """Return the text of a class or function; None if MAX_CODE_BYTES were read."""
        module, _, name = qualified_name.rpartition(".")
        path = f"{self._folder}{module.replace('.', '/')}.py"
        if path not in self._texts:
            if path not in self._entries:
                return None
            size = sum(map(len, self._texts.values())) + self._entries.size(path)
            if size > MAX_CODE_BYTES:
                return None
        text = self._text(path)
        return source.class_body(text, name) or source.function_text(text, name)

    def facts(self) -> CodeFacts:
        paths = [
            name
            for name in self._entries.names
            if name.startswith(self._folder) and name.endswith(".py")
        ]
        offset = self._entries.offset
        last = max(map(offset, paths), default=0)
        texts, size = dict(self._texts), 0
        for path in sorted(paths, key=offset):
            size += self._entries.size(path)
            if size > MAX_CODE_BYTES:
                break
            if last - offset(path) <= MAX_CODE_SPAN:
                texts[path] = self._text(path)
        return code_facts("\n".join(texts.values()))

    def _text(self, path: str) -> str:
        if path in self._texts:
            return self._texts[path]
        try:
            text = self._entries.read(path, MAX_SOURCE_BYTES).decode()
        except UnicodeDecodeError as error:
            raise SourceUnreadable(f"{path!r} is not UTF-8 text") from error
        self._texts[path] = text
        return text


def _forward(data: bytes, code: _Code) -> tuple[Forward, str, tuple[OutputFacts, ...]]:
    class_name = pickle_reader.root_class(data)
    body = code.body_of(class_name) if class_name else None
    if class_name is None or body is None:
        raise ModelRejected(
            "The file is a TorchScript archive without a module: it does not contain a model.",
            "Save the module itself: `torch.jit.trace(model.eval(), example_input)"
            ".save('model.pt')`.",
        )
    class_name = re.sub(r"___torch_mangle_\d+\.", "", class_name).removeprefix("__torch__.")
    forward = source.read_forward(body)
    if forward is None:
        raise ModelRejected(
            f"The model ({class_name:.120}) has no method `forward`, the only one that Triton "
            "calls.",
            "Give the module a `forward` that takes and returns tensors, export it again, and "
            "upload it.",
        )
    return forward, class_name, output_facts(body, code.text_of)


def _refuse_arguments(forward: Forward) -> None:
    arguments = forward.arguments
    if not arguments:
        raise ModelRejected(
            "The model's `forward` takes no input, but Triton needs at least one.",
            "Give `forward` a tensor as its argument, export the model again, and upload it.",
        )
    _refuse_many(len(arguments), "takes", "inputs")
    if len(arguments) == 1 and arguments[0].type == DICT_OF_TENSORS:
        return
    odd = [each for each in arguments if each.type not in (TENSOR, TEXTS)]
    if not odd:
        return
    named = ", ".join(f"`{each.name:.60}: {each.type:.60}`" for each in odd[:5])
    lists = any(each.type.startswith("List[") for each in odd)
    raise ModelRejected(
        f"The model's `forward` takes {named}. Triton's PyTorch backend passes tensors "
        "and lists of text only. Every argument must be a Tensor or a List[str], or the only one a "
        "Dict[str, Tensor]. Defaults do not help"
        + (", and any other list arrives as one tensor" if lists else "")
        + ".",
        "Wrap the model in a module whose `forward` takes only tensors and sets the rest itself "
        "(for a number or flag: as a constant), export that, and upload it.",
    )


def _refuse_many(count: int, verb: str, tensors: str) -> None:
    if count > MAX_TENSORS:
        raise ModelRejected(
            f"The model's `forward` {verb} {count:,} tensors; the maximum is {MAX_TENSORS:,}.",
            f"Combine {tensors} into larger tensors, export the model again, and upload it.",
        )


def _types_of_outputs(code: _Code, returns: str) -> tuple[str, ...] | None:
    if returns == "Any":
        return None
    types = _returned_types(code, returns)
    _refuse_many(len(types), "returns", "outputs")
    odd = [each for each in types if each not in (TENSOR, TEXTS, f"Optional[{TENSOR}]", "Any")]
    if returns in ("None", "NoneType") or not types:
        raise ModelRejected(
            "The model's `forward` returns nothing, but Triton needs at least one output.",
            "Let `forward` return a tensor or a tuple of tensors, export the model again, and "
            "upload it.",
        )
    if odd:
        raise ModelRejected(
            f"The model's `forward` returns `{returns:.120}`, but Triton's PyTorch backend "
            "supports only a Tensor, a List[str] or a tuple of these: no dict, other list, number "
            "or nested tuple.",
            "Wrap the model in a module whose `forward` returns a tuple of tensors, such as "
            "`tuple(outputs.values())`, or the one tensor that matters; export that, and upload "
            "it.",
        )
    return types


def _with_texts(
    facts: tuple[OutputFacts, ...], types: tuple[str, ...] | None
) -> tuple[OutputFacts, ...]:
    """Add facts from the declared types of the outputs."""
    if types is None or TEXTS not in types:
        return facts
    known = facts if len(facts) == len(types) else (UNKNOWN,) * len(types)
    return tuple(
        OutputFacts(dtype=Dtype.STRING) if kind == TEXTS else fact
        for kind, fact in zip(types, known, strict=True)
    )


def _returned_types(code: _Code, returns: str) -> tuple[str, ...]:
    if returns.startswith("Tuple["):
        return source.type_arguments(returns) or ()
    if returns.startswith("__torch__."):
        body = code.body_of(returns)
        if body is not None and source.is_named_tuple(body):
            return source.named_tuple_types(body)
    return (returns,)


def _traced_inputs(entries: ZipEntries, root: str) -> tuple[TracedTensor, ...] | None:
    path = f"{root}/traced_inputs.pkl"
    if path not in entries or entries.size(path) > MAX_TRACE_BYTES:
        return None
    return pickle_reader.traced_inputs(entries.read(path, MAX_TRACE_BYTES))


def _file_format(entries: ZipEntries, root: str) -> int | None:
    for path in (f"{root}/.data/version", f"{root}/version"):
        if path in entries:
            text = entries.start(path, 20).strip()
            return int(text) if re.fullmatch(rb"[0-9]{1,18}", text) else None
    return None


def _module_data(data: bytes, entries: ZipEntries, root: str) -> ModuleData:
    """Scan data.pkl, which has the weights, and constants.pkl, which has those of frozen models."""
    constants = entries.start(f"{root}/constants.pkl", MAX_DATA_BYTES)
    module = pickle_reader.module_data(data)
    frozen = pickle_reader.module_data(constants)
    return ModuleData(module.training, module.dtypes | frozen.dtypes)


def _extra(entries: ZipEntries, path: str) -> bytes | None:
    return entries.read(path, MAX_EXTRA_BYTES) if path in entries else None


def _extra_text(entries: ZipEntries, path: str) -> str | None:
    content = _extra(entries, path)
    try:
        return None if content is None else content.decode()
    except UnicodeDecodeError as error:
        raise ModelRejected(
            "extra/deploy.yaml inside the model is not UTF-8 text.",
            "Export the model again with a spec saved as UTF-8.",
        ) from error
