"""Weight files next to an ONNX model (onnx/docs/ExternalData.md).

A tensor names a file relative to the model's folder, and its bytes in that file. ONNX Runtime reads
the files when it loads the model.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice

from model_packager.formats.protobuf import Message, ProtobufDamaged
from model_packager.model_files import MODEL_FILES
from model_packager.names.drop import LABELS_FILE, SPEC_FILE
from model_packager.rejection import ModelRejected

MAX_RANK = 64
MAX_PATH_BYTES = 200
MAX_FILES = 50
"""Each file is a copy in S3, and an entry in the state data of Step Functions."""

_DIMS, _ELEMENT, _NAME, _ENTRY, _DATA_LOCATION = 1, 2, 8, 13, 14
_EXTERNAL = 1
_KEY, _VALUE = 1, 2

# TensorProto.DataType (onnx/onnx.proto): bits of one element.
_BITS = {
    **dict.fromkeys((1, 6, 12), 32),
    **dict.fromkeys((7, 11, 13, 14), 64),
    **dict.fromkeys((4, 5, 10, 16), 16),
    **dict.fromkeys((2, 3, 9, 17, 18, 19, 20, 24), 8),
    **dict.fromkeys((21, 22, 23), 4),
    15: 128,
}

TAKEN_NAMES = frozenset((*MODEL_FILES, SPEC_FILE))
"""An upload of an object with one of these names starts an execution."""

_WHOLE = (
    "write the model as one file, up to 2 GB: `onnx.save_model(onnx.load('model.onnx'), "
    "'whole.onnx')`, and upload that as model.onnx."
)
_ONE_FILE = (
    "Write the weights into one file next to the model: `onnx.save_model(onnx.load('old.onnx'), "
    "'model.onnx', save_as_external_data=True, location='model.onnx.data')`, and upload "
    "model.onnx.data, then model.onnx."
)


@dataclass(frozen=True)
class ExternalEntry:
    """The place of one tensor's bytes.

    Attributes:
        tensor: the tensor's name; can be empty in a Constant node.
        location: the path of the file, relative to the model's folder.
        offset: the position of its first byte.
        length: the number of bytes that the model states, or None.
        needed: the number of bytes that its shape and type need, or None if unknown.
    """

    tensor: str
    location: str
    offset: int
    length: int | None
    needed: int | None


@dataclass(frozen=True)
class ExternalFile:
    """A weight file.

    Attributes:
        tensor: the tensor that ends last.
        min_bytes: the minimum size of the file.
    """

    tensor: str
    min_bytes: int


@dataclass
class ExternalFiles:
    """All weight files.

    Attributes:
        files: by path, relative to the model's folder.
        wrong: an entry that contradicts its tensor, or None.
    """

    files: dict[str, ExternalFile] = field(default_factory=dict)
    wrong: ExternalEntry | None = None

    def add(self, entry: ExternalEntry) -> None:
        """Add the bytes of one tensor."""
        size = entry.needed if entry.length is None else entry.length
        if entry.offset < 0 or (size or 0) < 0 or entry.needed not in (None, size):
            self.wrong = self.wrong or entry
        end = entry.offset + (size or 0)
        known = self.files.get(entry.location)
        if known is None or end > known.min_bytes:
            self.files[entry.location] = ExternalFile(entry.tensor, end)


def external_entry(message: Message, start: int, end: int) -> tuple[str, ExternalEntry | None]:
    """Read a TensorProto: its name, and where its bytes are; None if they are in the model.

    Raises:
        ProtobufDamaged: the message is damaged, or the tensor has too many dimensions.
        ValueError: an offset or a length is not a number.
    """
    name, external, element, dims = "", False, 0, list[int]()
    said: dict[str, str] = {}
    for number, inner_start, inner_end, value in message.fields(start, end):
        if number == _NAME:
            name = message.text(inner_start, inner_end)
        elif number == _DATA_LOCATION:
            external = value == _EXTERNAL
        elif number == _ELEMENT:
            element = value
        elif number == _DIMS:
            # Gigabytes of numbers would fill the memory, and their product would take hours.
            dims.extend(islice(message.numbers(inner_start, inner_end), MAX_RANK + 1))
            if len(dims) > MAX_RANK:
                raise ProtobufDamaged(f"it has a tensor of more than {MAX_RANK} dimensions")
        elif number == _ENTRY:
            key, text = _key_and_value(message, inner_start, inner_end)
            said[key] = text
    if not external:
        return name, None
    length = said.get("length")
    return name, ExternalEntry(
        tensor=name,
        location=said.get("location", ""),
        offset=int(said.get("offset", "0")),
        length=None if length is None else int(length),
        needed=_needed(element, dims),
    )


def _key_and_value(message: Message, start: int, end: int) -> tuple[str, str]:
    texts = {
        number: message.text(inner_start, inner_end)
        for number, inner_start, inner_end, _ in message.fields(start, end)
        if number in (_KEY, _VALUE)
    }
    return texts.get(_KEY, ""), texts.get(_VALUE, "")


def _needed(element: int, dims: list[int]) -> int | None:
    bits = _BITS.get(element)
    return None if bits is None else (math.prod(dims) * bits + 7) // 8


def require_readable(external: ExternalFiles) -> None:
    """Check the paths and the entries, which can be hostile.

    Raises:
        ModelRejected: a path leaves the model's folder or belongs to another file of a drop, an
            entry contradicts its tensor, or there are too many files.
    """
    if external.wrong is not None:
        entry = external.wrong
        raise ModelRejected(
            f"The ONNX model reads the weight {entry.tensor:.120} from {entry.location:.120}: "
            f"{entry.length} bytes at offset {entry.offset}. But the weight's shape and type need "
            f"{entry.needed} bytes.",
            _ONE_FILE,
        )
    if len(external.files) > MAX_FILES:
        raise ModelRejected(
            f"The ONNX model keeps its weights in {len(external.files):,} files. The limit is "
            f"{MAX_FILES}.",
            _ONE_FILE,
        )
    for path, file in external.files.items():
        reason = _refusal_of_path(path)
        if reason is not None:
            raise ModelRejected(
                f"The ONNX model reads the weight {file.tensor:.120} from {path!r:.120}. {reason}",
                _ONE_FILE,
            )


def _refusal_of_path(path: str) -> str | None:
    parts = path.split("/")
    if "\\" in path or any(part in ("", ".", "..") for part in parts) or not path.isprintable():
        return "Modeldrop accepts only paths below the model's folder."
    if parts[0] == "sample" or path in (LABELS_FILE, SPEC_FILE) or parts[-1] in TAKEN_NAMES:
        return "In a drop, that name belongs to another file."
    if len(path.encode()) > MAX_PATH_BYTES:
        return f"The path has more than {MAX_PATH_BYTES} bytes."
    return None


def require_complete(external: ExternalFiles, sizes: Mapping[str, int]) -> None:
    """Check that the weight files exist and are large enough.

    Args:
        external: the weight files that the model reads.
        sizes: the size in bytes of each existing file, by path.

    Raises:
        ModelRejected: a file is missing or too small.
    """
    for path, file in external.files.items():
        if path not in sizes:
            raise ModelRejected(
                f"The ONNX model reads weights, such as {file.tensor:.120}, from the file "
                f"{path:.200}, which is not next to the model.",
                f"Upload {path:.200} next to the model, then the model again. If the file has "
                f"another name now, give it this one. Or {_WHOLE}",
            )
        if sizes[path] < file.min_bytes:
            raise ModelRejected(
                f"The file {path:.200} has {sizes[path]:,} bytes, but the ONNX model reads the "
                f"weight {file.tensor:.120} up to byte {file.min_bytes:,}.",
                f"The file belongs to another export, or it is truncated. Upload {path:.200} and "
                "the model from the same export.",
            )
