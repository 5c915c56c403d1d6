"""TensorRT engines (model.plan). Only TensorRT can read their signature."""

from typing import BinaryIO

from model_packager.formats import file_kind, unservable_files
from model_packager.formats.base import Content, ModelFormat
from model_packager.formats.declared_signature import signature_of_spec
from model_packager.rejection import ModelRejected

_TITLE = "a TensorRT engine"
_MAGIC = b"ftrt"


def read_engine(file: BinaryIO, model: str) -> Content:  # noqa: ARG001 - the interface of all formats
    """Check that the file may be an engine. Not every version of TensorRT writes a magic number.

    Raises:
        ModelRejected: the file is of another kind.
    """
    head = file_kind.head_of(file)
    is_other = file_kind.of_head(head) is not unservable_files.UNKNOWN
    if head.startswith(file_kind.ZIP_MAGIC) or (is_other and not head.startswith(_MAGIC)):
        raise ModelRejected(
            "The file is not a TensorRT engine: it begins like another kind of file.",
            "Build the engine with the TensorRT of the stack's Triton release, on the GPU of the "
            "endpoint's instance type (`trtexec --onnx=model.onnx --saveEngine=model.plan`), and "
            "upload it; or upload the ONNX or TorchScript model itself, under its own name.",
        )
    return Content(signature=lambda spec: signature_of_spec(_TITLE, spec, has_text=False))


TENSORRT_ENGINE = ModelFormat(
    object_name="model.plan",
    title=_TITLE,
    summary="a TensorRT engine, built for one kind of GPU",
    spec="`inputs` and `outputs`",
    read=read_engine,
    backend_field=("platform", "tensorrt_plan"),
    path="1/model.plan",
    needs_gpu=True,
    recognizes=lambda file: file_kind.head_of(file).startswith(_MAGIC),
    advice="It runs only on the GPU type and with the TensorRT version of its build.",
)
