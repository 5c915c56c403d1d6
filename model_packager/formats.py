"""The formats that are deployed, by the name of the dropped object."""

from model_packager.aot_inductor import AOT_INDUCTOR
from model_packager.model_format import ModelFormat
from model_packager.onnx_file import ONNX
from model_packager.python_model import PYTHON_MODEL
from model_packager.repository_archive import REPOSITORY
from model_packager.saved_model import SAVED_MODEL
from model_packager.tensorrt_engine import TENSORRT_ENGINE
from model_packager.torchscript_format import TORCHSCRIPT

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
