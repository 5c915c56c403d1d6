"""TorchScript (model.pt) as a model format."""

from typing import BinaryIO

from model_packager.formats.base import Content, ModelFormat
from model_packager.formats.torchscript.archive import read_torchscript
from model_packager.formats.torchscript.signature import resolve_signature
from model_packager.formats.torchscript.warnings import model_warnings
from model_packager.repository.config_pbtxt import PYTORCH


def _read(file: BinaryIO, model: str) -> Content:  # noqa: ARG001 - the interface of all formats
    archive = read_torchscript(file)
    return Content(
        signature=lambda spec: resolve_signature(archive, spec),
        deploy_yaml=archive.deploy_yaml,
        labels=archive.labels,
        warnings=lambda signature, host: model_warnings(archive, signature, host),
    )


TORCHSCRIPT = ModelFormat(
    object_name="model.pt",
    title="a TorchScript model",
    summary="TorchScript, as `torch.jit.save` or `modeldrop export` writes it",
    spec="`inputs`, if the model was scripted or frozen",
    read=_read,
    backend_field=PYTORCH,
    path="1/model.pt",
)
