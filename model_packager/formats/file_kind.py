"""Recognizes files that are not TorchScript archives, and has the fix for each kind.

The content decides, never the file name. In a zip archive, exact paths decide, because other
archives contain similar files in deeper folders.
"""

import re
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from model_packager.formats import pickle_reader
from model_packager.formats.protobuf import field_numbers
from model_packager.formats.zip_entries import ZipEntries
from model_packager.rejection import ModelRejected

HEAD_BYTES = 4096
"""The first bytes of a file, enough for `of_head`."""

ZIP_MAGIC = b"PK\x03\x04"

_EXPORT = (
    "Build the model in Python, load its weights and export it: "
    "`torch.jit.trace(model.eval(), example_input).save('model.pt')`, or "
    "`modeldrop export MODULE:FACTORY -o model.pt`. Then upload that file."
)
TRACE = "`torch.jit.trace(model.eval(), example_input).save('model.pt')`"
_UPLOAD_AGAIN = "Save the model again, compare the sizes after the upload, and upload it again."


@dataclass(frozen=True)
class _Kind:
    cause: str
    fix: str

    def rejected(self) -> ModelRejected:
        return ModelRejected(self.cause, self.fix)


# --- No model at all ------------------------------------------------------------------------------

EMPTY = _Kind(
    "The file is empty: it has 0 bytes.",
    "Check that the model was written to the end before it was uploaded, then upload it again.",
)
TRUNCATED = _Kind(
    "The file begins as a zip archive, as TorchScript files do, but its end is missing. A "
    "full disk or an interrupted upload may have truncated it.",
    _UPLOAD_AGAIN,
)
ZEROS = _Kind("The file begins with zero bytes only: its content is missing.", _UPLOAD_AGAIN)
WEB_PAGE = _Kind(
    "The file is an HTML or XML page, most likely an error page saved in place of the model.",
    "Open the file in a text editor to read the server's message. Download the model again and "
    "upload it.",
)
LFS_POINTER = _Kind(
    "The file is a Git LFS pointer: a few lines of text that stand for the model.",
    "Run `git lfs pull` in the repository and upload the file that takes the pointer's place.",
)
TEXT = _Kind(
    "The file is plain text, but a model is binary.",
    "Upload the TorchScript file itself, as `torch.jit.save` wrote it.",
)
UNKNOWN = _Kind(
    "The file is not a TorchScript archive, and its format is unknown.",
    _EXPORT,
)
UNKNOWN_ZIP = _Kind(
    "The file is a zip archive but not a TorchScript archive: it does not contain the files "
    "that torch.jit.save writes.",
    _EXPORT,
)

# --- PyTorch, in other forms ----------------------------------------------------------------------

STATE_DICT = _Kind(
    "The file was written by torch.save and contains a state_dict or checkpoint: weights, without "
    "the code that runs them.",
    _EXPORT,
)
LEGACY_STATE_DICT = _Kind(
    "The file was written by torch.save in its old format (before PyTorch 1.6) and contains a "
    "state_dict or checkpoint: weights, without the code that runs them.",
    _EXPORT,
)
PICKLE = _Kind(
    "The file is a Python pickle. Triton runs TorchScript. Modeldrop never opens a pickle, "
    "because opening one runs the code in it.",
    _EXPORT,
)
TORCH_PACKAGE = _Kind(
    "The file is a torch.package archive, which Triton's PyTorch backend cannot load.",
    "Load it with `torch.package.PackageImporter` and export the model: "
    f"{TRACE}. Then upload that file.",
)
EXPORTED_PROGRAM = _Kind(
    "The file is a torch.export program (.pt2), which Triton cannot load. It needs a "
    "compiled package or TorchScript.",
    f"Export the model as TorchScript: {TRACE}, and upload that file. Or compile the program with "
    "`torch._inductor.aoti_compile_and_package(program, package_path='model.pt2')` for the "
    "endpoint's GPU, and upload model.pt2.",
)
ANCIENT_TORCHSCRIPT = _Kind(
    "The file is TorchScript of PyTorch 1.0 to 1.2, whose format later versions no longer write.",
    "Load it and save it again with a current PyTorch: "
    "`torch.jit.load('old.pt').save('model.pt')`. Then upload that file.",
)
TORCHSERVE = _Kind(
    "The file is a TorchServe archive (.mar).",
    "Extract the TorchScript file from it (it is a zip archive) and upload that as model.pt.",
)
SAFETENSORS = _Kind(
    "The file is in the safetensors format: weights, without the code that runs them.", _EXPORT
)
SHARED_LIBRARY = _Kind(
    "The file is compiled code (an ELF library or program), such as AOTInductor writes without a "
    "package.",
    f"Export the model as TorchScript: {TRACE}, and upload that file.",
)

# --- Other formats --------------------------------------------------------------------------------

_TO_ONNX = (
    "Convert the model to ONNX: save it as a SavedModel (in Keras: `model.export('saved')`), run "
    "`python -m tf2onnx.convert --saved-model saved --output model.onnx`, and upload model.onnx."
)
KERAS_ZIP = _Kind(
    "The file is a Keras model (.keras), but model.pt must be a TorchScript model.",
    _TO_ONNX,
)
HDF5 = _Kind(
    "The file is in the HDF5 format, as Keras writes it (.h5), but model.pt must be a "
    "TorchScript model.",
    _TO_ONNX,
)
SAVED_MODEL = _Kind(
    "The file is an archive of a TensorFlow SavedModel, but model.pt must be a TorchScript model.",
    "Convert it to ONNX: unpack it, run `python -m tf2onnx.convert --saved-model FOLDER --output "
    "model.onnx`, and upload model.onnx.",
)
TFLITE = _Kind(
    "The file is a TensorFlow Lite model, but model.pt must be a TorchScript model.",
    "Convert it to ONNX: run `python -m tf2onnx.convert --tflite FILE --output model.onnx`, and "
    "upload model.onnx.",
)
SAVED_MODEL_PB = _Kind(
    "The file is the saved_model.pb of a TensorFlow SavedModel, without the folder's variables.",
    "Convert the whole folder to ONNX: run `python -m tf2onnx.convert --saved-model FOLDER "
    "--output model.onnx`, and upload model.onnx.",
)
GRAPH_DEF = _Kind(
    "The file is a TensorFlow graph (GraphDef, .pb), which is not ONNX.",
    "Convert it to ONNX: run `python -m tf2onnx.convert --graphdef FILE --inputs NAME:0 --outputs "
    "NAME:0 --output model.onnx`, and upload model.onnx.",
)
CORE_ML = _Kind(
    "The file is a Core ML model (.mlmodel), which Triton cannot serve.",
    "Export the original model to TorchScript or ONNX, and upload it as model.pt or model.onnx.",
)
NUMPY = _Kind(
    "The file is a NumPy file (.npy, .npz): arrays, without the code that runs them.", _EXPORT
)
GGUF = _Kind(
    "The file is in the GGUF format (llama.cpp), which Triton cannot load.",
    f"Export the original PyTorch model: {TRACE}, and upload that file.",
)

# --- Archives around a model ----------------------------------------------------------------------

UNPACKED_REPOSITORY = _Kind(
    "The file is a Triton model repository in an archive that is not a .tar.gz.",
    "Unpack it, pack its folders with `tar -czf model.tar.gz *`, and upload model.tar.gz.",
)
TAR = _Kind(
    "The file is a tar archive (.tar, .tar.gz), but its first files do not belong to a model "
    "repository.",
    "Unpack it and upload the TorchScript file in it as model.pt.",
)
COMPRESSED = _Kind(
    "The file is compressed (.gz, .xz, .bz2, .zst).",
    "Unpack it and upload the TorchScript file in it as model.pt.",
)

_MAGIC = (
    (b"version https://git-lfs.github.com/spec/", LFS_POINTER),
    (b"\x89HDF\r\n\x1a\n", HDF5),
    (b"\xfd7zXZ\x00", COMPRESSED),
    (b"\x28\xb5\x2f\xfd", COMPRESSED),
    (b"BZh", COMPRESSED),
    (b"GGUF", GGUF),
    (b"\x93NUMPY", NUMPY),
    (b"\x7fELF", SHARED_LIBRARY),
    (b"PK\x05\x06", UNKNOWN_ZIP),  # the end of a zip archive without entries
)
_GZIP = b"\x1f\x8b"
_LEGACY_TORCH = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
_UNPACKED_BYTES = 256 * 1024


def of_head(head: bytes) -> _Kind:
    """Return the kind of a file that does not begin like a zip archive.

    Args:
        head: the first HEAD_BYTES of the file, or all of it.
    """
    if not head:
        return EMPTY
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    return _of_archive(head) or _of_pickle(head) or _of_format(head) or _of_text(head)


def _of_archive(head: bytes) -> _Kind | None:
    if head.startswith(_GZIP):
        return TAR if _is_tar(_gunzipped(head)) else COMPRESSED
    return _of_tar(head) if _is_tar(head) else None


def _of_pickle(head: bytes) -> _Kind | None:
    if head.startswith(_LEGACY_TORCH):
        root = pickle_reader.legacy_root_class(head)
        return LEGACY_STATE_DICT if root in _WEIGHTS else _of_saved_object(str(root))
    return PICKLE if re.match(rb"\x80[\x02-\x05]", head) else None


def _of_format(head: bytes) -> _Kind | None:
    if not head.strip(b"\0"):
        return ZEROS
    if head[4:8] == b"TFL3":
        return TFLITE
    return SAFETENSORS if _is_safetensors(head) else None


ONNX_FIELDS = frozenset((1, 2, 3, 4, 5, 6, 7, 8, 14, 20, 25, 26))
"""Fields of ModelProto (onnx/onnx.proto). Field 7 is the graph."""


def of_protobuf(file: BinaryIO) -> _Kind | None:
    """Return the kind of a protobuf message that is not ONNX, by its fields; None if unknown.

    Sources: SavedModel in tensorflow/core/protobuf/saved_model.proto, GraphDef in
    tensorflow/core/framework/graph.proto, and Model in apple/coremltools, mlmodel/format.
    """
    numbers = field_numbers(file)
    fields = set(numbers)
    if not fields or 7 in fields:
        return None
    if numbers[:2] == (1, 2) and fields == {1, 2}:
        return SAVED_MODEL_PB
    if numbers[0] == 1 and max(fields) >= 200:
        return CORE_ML
    return GRAPH_DEF if numbers[:2] == (1, 1) and fields <= {1, 2, 3, 4, 5} else None


def is_onnx(file: BinaryIO) -> bool:
    """Return whether a file is an ONNX model, by its fields."""
    fields = set(field_numbers(file))
    return {1, 7} <= fields <= ONNX_FIELDS


def _gunzipped(head: bytes) -> bytes:
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, _UNPACKED_BYTES)
    except zlib.error:
        return b""


def _is_tar(head: bytes) -> bool:
    return head[257:262] == b"ustar"


def _of_tar(start: bytes) -> _Kind:
    names = tuple(_names_in_tar(start))
    if is_repository(names):
        return UNPACKED_REPOSITORY
    return SAVED_MODEL if is_saved_model(names) else TAR


def head_of(file: BinaryIO) -> bytes:
    """Read the first HEAD_BYTES of a seekable file."""
    file.seek(0)
    return file.read(HEAD_BYTES)


def names_in_tar_gz(file: BinaryIO) -> tuple[str, ...]:
    """Read the names of the first files in a .tar.gz; none for another kind of file."""
    head = head_of(file)
    return tuple(_names_in_tar(_gunzipped(head))) if head.startswith(_GZIP) else ()


def is_repository(names: Iterable[str]) -> bool:
    """Return whether these file names of an archive belong to a Triton model repository."""
    return any(_IN_REPOSITORY.match(name) for name in names)


def is_saved_model(names: Iterable[str]) -> bool:
    """Return whether these file names of an archive belong to a TensorFlow SavedModel."""
    return any(_IN_SAVED_MODEL.match(name) for name in names)


_IN_REPOSITORY = re.compile(
    r"(?:\./)?[^/]+/(?:config\.pbtxt$|[0-9]+/model\.(?:pt|pt2|onnx|plan|py|savedmodel|graphdef)(?:/|$))"
)
_IN_SAVED_MODEL = re.compile(
    r"(?:\./)?(?:[^/]+/){0,2}(?:saved_model\.pb$|variables/variables\.(?:index|data-\d+-of-\d+)$)"
)


def _names_in_tar(start: bytes) -> Iterator[str]:
    """Read the names in the headers at the beginning of a tar archive (POSIX ustar).

    The list ends at the first size that is not octal, which GNU tar uses for 8 GiB and more.
    """
    position = 0
    while _is_tar(header := start[position : position + 512]):
        name, prefix = header[:100].rstrip(b"\0"), header[345:500].rstrip(b"\0")
        yield (prefix + b"/" + name if prefix else name).decode("utf-8", "replace")
        size = header[124:136].strip(b" \0")
        if not re.fullmatch(rb"[0-7]{1,12}", size):
            return
        position += 512 + (int(size, 8) + 511) // 512 * 512


def _is_safetensors(head: bytes) -> bool:
    """Check for an 8-byte length and a JSON header (huggingface/safetensors, README, "Format")."""
    return head[8:10] == b'{"' and 2 <= struct.unpack("<Q", head[:8])[0] <= 100_000_000


def _of_text(head: bytes) -> _Kind:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if re.match(rb"<(!|\?|[A-Za-z])", text):
        return WEB_PAGE
    if not re.search(rb"[^\t\n\f\r\x20-\x7e\x80-\xff]", head) and not head.startswith(b"\x80"):
        return TEXT
    return UNKNOWN


def of_zip(entries: ZipEntries, root: str) -> _Kind | None:
    """Return the kind of a zip archive; None if it has the files of a TorchScript archive.

    Args:
        entries: the archive.
        root: the folder of its first entry.

    Raises:
        ZipDamaged: data.pkl cannot be read.
    """
    for path, kind in (
        ("MAR-INF/MANIFEST.json", TORCHSERVE),
        ("model.weights.h5", KERAS_ZIP),
        (f"{root}/.data/extern_modules", TORCH_PACKAGE),
        (f"{root}/.data/python_version", TORCH_PACKAGE),
        ("serialized_exported_program.json", EXPORTED_PROGRAM),  # PyTorch 2.1 to 2.6
        (f"{root}/serialized_exported_program.json", EXPORTED_PROGRAM),
        (f"{root}/model.json", ANCIENT_TORCHSCRIPT),
    ):
        if path in entries:
            return kind
    if f"{root}/archive_format" in entries:
        return EXPORTED_PROGRAM
    if f"{root}/constants.pkl" in entries and f"{root}/data.pkl" in entries:
        return None
    if f"{root}/data.pkl" in entries:
        return _of_torch_save(entries, f"{root}/data.pkl")
    if entries.names and all(name.endswith(".npy") for name in entries.names):
        return NUMPY
    return _of_other_zip(entries)


_WEIGHTS = (None, "collections.OrderedDict")


def _of_torch_save(entries: ZipEntries, path: str) -> _Kind:
    start = entries.start(path, pickle_reader.ROOT_BYTES)
    root = pickle_reader.root_class(start)
    return STATE_DICT if root in _WEIGHTS else _of_saved_object(str(root))


def _of_saved_object(root: str) -> _Kind:
    if root.startswith("torch._utils."):
        return _Kind(
            "The file was written by torch.save and contains a tensor: numbers, without the code "
            "that turns an input into an output.",
            _EXPORT,
        )
    return _Kind(
        f"The file was written by torch.save and contains a whole Python object ({root:.120}). "
        "Opening it needs the Python code of its class, which Triton does not have.",
        "Load it in an environment with that code and export it: `model = torch.load('model.pt', "
        "weights_only=False).eval()`, then "
        "`torch.jit.trace(model, example_input).save('model.pt')`. Then upload that file.",
    )


def _of_other_zip(entries: ZipEntries) -> _Kind:
    if is_repository(entries.names):
        return UNPACKED_REPOSITORY
    if is_saved_model(entries.names):
        return SAVED_MODEL
    inside = [
        name for name in entries.names if name.endswith((".pt", ".pth", ".jit", ".torchscript"))
    ]
    if not inside:
        return UNKNOWN_ZIP
    return _Kind(
        f"The file is a zip archive with a model in it ({inside[0]:.120}). Upload the "
        "model itself.",
        "Unpack the archive and upload the TorchScript file in it as model.pt.",
    )
