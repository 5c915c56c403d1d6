"""The formats that are deployed, by the name of the dropped object."""

from model_packager.formats.aot_inductor import AOT_INDUCTOR
from model_packager.formats.base import ModelFormat
from model_packager.formats.onnx import ONNX
from model_packager.formats.python_model import PYTHON_MODEL
from model_packager.formats.saved_model import SAVED_MODEL
from model_packager.formats.tensorrt_engine import TENSORRT_ENGINE
from model_packager.formats.torchscript.format import TORCHSCRIPT
from model_packager.formats.triton_repository import REPOSITORY

FORMATS = {
    each.object_name: each
    for each in (
        TORCHSCRIPT,
        ONNX,
        REPOSITORY,
        PYTHON_MODEL,
        TENSORRT_ENGINE,
        AOT_INDUCTOR,
        SAVED_MODEL,
    )
}


def format_of(key: str) -> ModelFormat:
    """Give the format of a dropped object, by its key, which `names.model_name` accepts."""
    return FORMATS[key.rpartition("/")[2]]
