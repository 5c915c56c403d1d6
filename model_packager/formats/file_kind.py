"""What a file is that is not a TorchScript archive.

The content decides, never the file name. Inside a zip, exact paths decide, since other archives
contain similar files deeper down.
"""

import re
import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from model_packager.formats import pickle_reader
from model_packager.formats.archives.zip_entries import ZipEntries
from model_packager.formats.protobuf import field_numbers
from model_packager.formats.triton_backends import MODEL_FILENAMES
from model_packager.formats.unservable_files import (
    ANCIENT_TORCHSCRIPT,
    COMPRESSED,
    CORE_ML,
    EMPTY,
    EXPORTED_PROGRAM,
    GGUF,
    GRAPH_DEF,
    HDF5,
    KERAS_ZIP,
    LEGACY_STATE_DICT,
    LFS_POINTER,
    NUMPY,
    PICKLE,
    SAFETENSORS,
    SAVED_MODEL,
    SAVED_MODEL_PB,
    SHARED_LIBRARY,
    STATE_DICT,
    TAR,
    TEXT,
    TFLITE,
    TORCH_PACKAGE,
    TORCHSERVE,
    UNKNOWN,
    UNKNOWN_ZIP,
    UNPACKED_REPOSITORY,
    WEB_PAGE,
    ZEROS,
    UnservableFile,
    saved_object,
)

HEAD_BYTES = 4096
"""The first bytes of a file, enough for `of_head`."""

ZIP_MAGIC = b"PK\x03\x04"

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


def of_head(head: bytes) -> UnservableFile:
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


def _of_archive(head: bytes) -> UnservableFile | None:
    if head.startswith(_GZIP):
        return TAR if _is_tar(_gunzipped(head)) else COMPRESSED
    return _of_tar(head) if _is_tar(head) else None


def _of_pickle(head: bytes) -> UnservableFile | None:
    if head.startswith(_LEGACY_TORCH):
        root = pickle_reader.legacy_root_class(head)
        return LEGACY_STATE_DICT if root in _WEIGHTS else saved_object(str(root))
    return PICKLE if re.match(rb"\x80[\x02-\x05]", head) else None


def _of_format(head: bytes) -> UnservableFile | None:
    if not head.strip(b"\0"):
        return ZEROS
    if head[4:8] == b"TFL3":
        return TFLITE
    return SAFETENSORS if _is_safetensors(head) else None


ONNX_FIELDS = frozenset((1, 2, 3, 4, 5, 6, 7, 8, 14, 20, 25, 26))
"""Fields of ModelProto (onnx/onnx.proto). Field 7 is the graph."""


def of_protobuf(file: BinaryIO) -> UnservableFile | None:
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


def _of_tar(start: bytes) -> UnservableFile:
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
    r"(?:\./)?[^/]+/(?:config\.pbtxt$|[0-9]+/"
    rf"(?:{'|'.join(map(re.escape, sorted(MODEL_FILENAMES)))})(?:/|$))"
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


def _of_text(head: bytes) -> UnservableFile:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if re.match(rb"<(!|\?|[A-Za-z])", text):
        return WEB_PAGE
    if not re.search(rb"[^\t\n\f\r\x20-\x7e\x80-\xff]", head) and not head.startswith(b"\x80"):
        return TEXT
    return UNKNOWN


def of_zip(entries: ZipEntries, root: str) -> UnservableFile | None:
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


def _of_torch_save(entries: ZipEntries, path: str) -> UnservableFile:
    start = entries.start(path, pickle_reader.ROOT_BYTES)
    root = pickle_reader.root_class(start)
    return STATE_DICT if root in _WEIGHTS else saved_object(str(root))


def _of_other_zip(entries: ZipEntries) -> UnservableFile:
    if is_repository(entries.names):
        return UNPACKED_REPOSITORY
    if is_saved_model(entries.names):
        return SAVED_MODEL
    inside = [
        name for name in entries.names if name.endswith((".pt", ".pth", ".jit", ".torchscript"))
    ]
    if not inside:
        return UNKNOWN_ZIP
    return UnservableFile(
        f"The file is a zip archive with a model in it ({inside[0]:.120}).",
        "Unpack the archive and upload the TorchScript file in it as model.pt.",
    )
