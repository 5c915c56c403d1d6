"""AOTInductor packages (model.pt2): PyTorch models compiled ahead of time.

Triton's PyTorch backend serves them as `platform: "torch_aoti"`, since its release 26.03
(triton-inference-server/core, src/constants.h; pytorch_backend, src/pt2).
"""

from typing import BinaryIO

from model_packager.formats import file_kind, unservable_files
from model_packager.formats.archives.zip_entries import ZipDamaged, ZipEntries
from model_packager.formats.base import Content, ModelFormat
from model_packager.formats.declared_signature import signature_of_spec
from model_packager.rejection import ModelRejected

_TITLE = "an AOTInductor package"
_COMPILE = (
    "Compile the model for the endpoint's kind of instance (CPU or GPU): "
    "`torch._inductor.aoti_compile_and_package(torch.export.export(model, example_inputs), "
    "package_path='model.pt2')`, with the PyTorch version of the stack's Triton release, and "
    "upload that file; or upload it as TorchScript, under the name model.pt."
)


def read_package(file: BinaryIO, model: str) -> Content:  # noqa: ARG001 - the interface of all formats
    """Check that the file is a compiled package.

    Raises:
        ModelRejected: the file is of another kind, such as an exported program.
    """
    if not file_kind.head_of(file).startswith(file_kind.ZIP_MAGIC):
        raise ModelRejected(
            "The file is not an AOTInductor package, which is a zip archive.", _COMPILE
        )
    try:
        with ZipEntries(file) as entries:
            names = entries.names
    except ZipDamaged as damage:
        raise ModelRejected(
            f"The file is a damaged archive: {damage}.",
            "Check that the upload is complete, and upload it again.",
        ) from damage
    if _is_compiled(names):
        return Content(signature=lambda spec: signature_of_spec(_TITLE, spec, has_text=False))
    root = names[0].partition("/")[0] if names else ""
    if f"{root}/archive_format" in names or f"{root}/serialized_exported_program.json" in names:
        raise ModelRejected(
            "The file is a torch.export program: an uncompiled graph, which Triton cannot load.",
            _COMPILE,
        )
    raise ModelRejected("The file is a zip archive, but not an AOTInductor package.", _COMPILE)


def is_package(file: BinaryIO) -> bool:
    """Return whether a file is a zip archive with compiled code of AOTInductor."""
    if not file_kind.head_of(file).startswith(file_kind.ZIP_MAGIC):
        return False
    try:
        with ZipEntries(file) as entries:
            return _is_compiled(entries.names)
    except ZipDamaged:
        return False


def _is_compiled(names: tuple[str, ...]) -> bool:
    root = names[0].partition("/")[0] if names else ""
    return any(name.startswith(f"{root}/data/aotinductor/") for name in names)


AOT_INDUCTOR = ModelFormat(
    object_name="model.pt2",
    title=_TITLE,
    summary="an AOTInductor package, which PyTorch compiles for one kind of instance",
    spec="`inputs` and `outputs`",
    read=read_package,
    backend_field=("platform", "torch_aoti"),
    path="1/model.pt2",
    first_release="26.03",
    recognizes=is_package,
    advice=f"Or export the model as TorchScript: {unservable_files.TRACE}, and upload that file.",
)
