"""Files that are no TorchScript archive: what they are, and what to do instead.

Kinds are told apart by content, never by file name; inside a zip by exact paths, since other
archives hold look-alikes deeper down.
"""

import re
import struct
from dataclasses import dataclass

from model_packager import torchscript_pickle
from model_packager.rejection import ModelRejected
from model_packager.zip_entries import ZipEntries

HEAD_BYTES = 1024
"""Enough of a file's beginning for `of_head`."""

ZIP_MAGIC = b"PK\x03\x04"

_EXPORT = (
    "Build the model in Python, load its weights and export it: "
    "`torch.jit.trace(model.eval(), example_input).save('model.pt')`, or "
    "`modeldrop export MODULE:FACTORY -o model.pt`. Then drop that file."
)
_UPLOAD_AGAIN = "Save the model again, compare the sizes after the upload, and drop it once more."


@dataclass(frozen=True)
class _Kind:
    cause: str
    fix: str

    def rejected(self) -> ModelRejected:
        return ModelRejected(self.cause, self.fix)


EMPTY = _Kind(
    "The file is empty: it has 0 bytes.",
    "Check that the model was written to the end before it was uploaded, then drop it again.",
)
TRUNCATED = _Kind(
    "The file begins as a zip archive, as TorchScript files do, and its end is missing: it was cut "
    "short, by a full disk or a broken upload.",
    _UPLOAD_AGAIN,
)
ZEROS = _Kind(
    "The file begins with nothing but zero bytes: its content never arrived.", _UPLOAD_AGAIN
)
WEB_PAGE = _Kind(
    "The file is an HTML or XML page, most likely an error page that was saved in place of the "
    "model.",
    "Open the file in a text editor to read what the server said, download the model anew and drop "
    "it again.",
)
LFS_POINTER = _Kind(
    "The file is a Git LFS pointer: a few lines of text that stand for the model.",
    "Run `git lfs pull` in the repository and drop the file that takes the pointer's place.",
)
TEXT = _Kind(
    "The file is plain text, and a model is binary.",
    "Drop the TorchScript file itself, as `torch.jit.save` wrote it.",
)
LEGACY_TORCH = _Kind(
    "The file was written by torch.save in its old format (before PyTorch 1.6). It holds pickled "
    "Python objects, such as a state_dict: weights, without the code that runs them.",
    _EXPORT,
)
PICKLE = _Kind(
    "The file is a Python pickle. Triton runs TorchScript, and no pickle is ever opened here, "
    "since opening one runs the code in it.",
    _EXPORT,
)
STATE_DICT = _Kind(
    "The file was written by torch.save and holds a state_dict or checkpoint: weights, without the "
    "code that runs them.",
    _EXPORT,
)
TORCH_PACKAGE = _Kind(
    "The file is a torch.package archive, which Triton's PyTorch backend cannot load.",
    "Load it with `torch.package.PackageImporter` and export what it holds: "
    "`torch.jit.trace(model.eval(), example_input).save('model.pt')`. Then drop that file.",
)
AOT_INDUCTOR = _Kind(
    "The file is an AOTInductor package (compiled from torch.export), which is not deployed yet.",
    "Export the model as TorchScript instead: "
    "`torch.jit.trace(model.eval(), example_input).save('model.pt')`. Then drop that file.",
)
EXPORTED_PROGRAM = _Kind(
    "The file is a torch.export program (.pt2), which Triton's PyTorch backend cannot load as it "
    "is.",
    "Export the model as TorchScript instead: "
    "`torch.jit.trace(model.eval(), example_input).save('model.pt')`. Then drop that file.",
)
ANCIENT_TORCHSCRIPT = _Kind(
    "The file is TorchScript of PyTorch 1.0 to 1.2, whose format later versions no longer write.",
    "Load it and save it again with a current PyTorch: "
    "`torch.jit.load('old.pt').save('model.pt')`. Then drop that file.",
)
TORCHSERVE = _Kind(
    "The file is a TorchServe archive (.mar).",
    "Take the TorchScript file out of it (it is a zip archive) and drop that as model.pt.",
)
KERAS_ZIP = _Kind(
    "The file is a Keras model (.keras), not a PyTorch one.",
    "Only TorchScript is deployed here. Convert the model to PyTorch, or serve it elsewhere.",
)
NUMPY_ZIP = _Kind(
    "The file is a NumPy archive (.npz): arrays, without the code that runs them.", _EXPORT
)
SAFETENSORS = _Kind(
    "The file is in the safetensors format: weights, without the code that runs them.", _EXPORT
)
ONNX = _Kind(
    "The file is an ONNX model, and model.pt is served by PyTorch.",
    "Export the PyTorch model that it came from: "
    "`torch.jit.trace(model.eval(), example_input).save('model.pt')`. Then drop that file.",
)
HDF5 = _Kind(
    "The file is in the HDF5 format, as Keras writes it (.h5), not a PyTorch model.",
    "Only TorchScript is deployed here. Convert the model to PyTorch, or serve it elsewhere.",
)
COMPRESSED = _Kind(
    "The file is compressed or a tar archive (.tar.gz, .gz, .tar, .xz, .zst).",
    "Unpack it and drop the TorchScript file that it holds, as model.pt.",
)
TENSORRT = _Kind(
    "The file is a TensorRT engine, and model.pt is served by PyTorch.",
    "Drop the TorchScript model that the engine was built from.",
)
GGUF = _Kind(
    "The file is in the GGUF format (llama.cpp), which Triton's PyTorch backend cannot load.",
    "Only TorchScript is deployed here.",
)
TFLITE = _Kind(
    "The file is a TensorFlow Lite model, not a PyTorch one.",
    "Only TorchScript is deployed here. Convert the model to PyTorch, or serve it elsewhere.",
)
UNKNOWN = _Kind(
    "The file is no TorchScript archive, and none of the other model formats known here.",
    _EXPORT,
)
UNKNOWN_ZIP = _Kind(
    "The file is a zip archive, and no TorchScript archive: the files that torch.jit.save writes "
    "are not in it.",
    _EXPORT,
)

_MAGIC = (
    (b"version https://git-lfs.github.com/spec/", LFS_POINTER),
    (b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", LEGACY_TORCH),
    (b"\x89HDF\r\n\x1a\n", HDF5),
    (b"\x1f\x8b", COMPRESSED),
    (b"\xfd7zXZ\x00", COMPRESSED),
    (b"\x28\xb5\x2f\xfd", COMPRESSED),
    (b"BZh", COMPRESSED),
    (b"ftrt", TENSORRT),
    (b"GGUF", GGUF),
)


def of_head(head: bytes) -> _Kind:
    """Tell what a file is that does not begin as a zip archive.

    Args:
        head: the first HEAD_BYTES of the file, or all of it.
    """
    if not head:
        return EMPTY
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if not head.strip(b"\0"):
        return ZEROS
    if head[257:262] == b"ustar":
        return COMPRESSED
    if head[4:8] == b"TFL3":
        return TFLITE
    if _is_safetensors(head):
        return SAFETENSORS
    if _is_onnx(head):
        return ONNX
    if re.match(rb"\x80[\x02-\x05]", head):
        return PICKLE
    return _of_text(head)


def _is_safetensors(head: bytes) -> bool:
    """An 8-byte length, then a JSON header (huggingface/safetensors, README, "Format")."""
    return head[8:10] == b'{"' and 2 <= struct.unpack("<Q", head[:8])[0] <= 100_000_000


def _is_onnx(head: bytes) -> bool:
    """A ModelProto: field 1, ir_version (a small number), then another of its fields as bytes."""
    return re.match(rb"\x08[\x01-\x20](?:[\x12\x1a\x22\x32\x3a\x42]|\x28)", head) is not None


def _of_text(head: bytes) -> _Kind:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if re.match(rb"<(!|\?|[A-Za-z])", text):
        return WEB_PAGE
    if not re.search(rb"[^\t\n\f\r\x20-\x7e\x80-\xff]", head) and not head.startswith(b"\x80"):
        return TEXT
    return UNKNOWN


def of_zip(entries: ZipEntries, root: str) -> _Kind | None:
    """Tell what a zip archive is; None where it has what a TorchScript archive needs.

    Args:
        entries: the archive.
        root: the folder that its first entry lies in.

    Raises:
        ZipDamaged: data.pkl cannot be read.
    """
    for path, kind in (
        ("MAR-INF/MANIFEST.json", TORCHSERVE),
        ("model.weights.h5", KERAS_ZIP),
        (f"{root}/.data/extern_modules", TORCH_PACKAGE),
        (f"{root}/.data/python_version", TORCH_PACKAGE),
        (f"{root}/serialized_exported_program.json", EXPORTED_PROGRAM),
        (f"{root}/model.json", ANCIENT_TORCHSCRIPT),
    ):
        if path in entries:
            return kind
    if f"{root}/archive_format" in entries:
        inductor = f"{root}/data/aotinductor/"
        compiled = any(name.startswith(inductor) for name in entries.names)
        return AOT_INDUCTOR if compiled else EXPORTED_PROGRAM
    if f"{root}/constants.pkl" in entries and f"{root}/data.pkl" in entries:
        return None
    if f"{root}/data.pkl" in entries:
        return _of_torch_save(entries, f"{root}/data.pkl")
    if all(name.endswith(".npy") for name in entries.names):
        return NUMPY_ZIP
    return _zipped_model(entries) or UNKNOWN_ZIP


def _of_torch_save(entries: ZipEntries, path: str) -> _Kind:
    start = entries.start(path, torchscript_pickle.ROOT_BYTES)
    root = torchscript_pickle.root_class(start)
    if root is None or root == "collections.OrderedDict":
        return STATE_DICT
    if root.startswith("torch._utils."):
        return _Kind(
            "The file was written by torch.save and holds a tensor: numbers, without the code that "
            "turns an input into an output.",
            _EXPORT,
        )
    return _Kind(
        f"The file was written by torch.save and holds a whole Python object ({root:.120}). It can "
        "only be opened where the Python code of its class is installed, and Triton has no Python "
        "code.",
        "Load it where that code is installed and export it: `model = torch.load('model.pt', "
        "weights_only=False).eval()`, then "
        "`torch.jit.trace(model, example_input).save('model.pt')`. Then drop that file.",
    )


def _zipped_model(entries: ZipEntries) -> _Kind | None:
    inside = [
        name for name in entries.names if name.endswith((".pt", ".pth", ".jit", ".torchscript"))
    ]
    if not inside:
        return None
    return _Kind(
        f"The file is a zip archive with a model in it ({inside[0]:.120}), and the model itself is "
        "needed.",
        "Unpack the archive and drop the TorchScript file that it holds, as model.pt.",
    )
