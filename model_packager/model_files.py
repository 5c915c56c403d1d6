"""The registry of model formats: the object name of a dropped file, and the format behind it.

To add a format, write a module in `model_packager/formats` and add one line here. A format is
imported only when it is used, because most Lambda functions need only the names.
"""

_FORMATS = "model_packager.formats."

FORMAT_PATHS = {
    "model.pt": f"{_FORMATS}torchscript.format:TORCHSCRIPT",
    "model.onnx": f"{_FORMATS}onnx.format:ONNX",
    "model.tar.gz": f"{_FORMATS}triton_repository.format:REPOSITORY",
    "model.py": f"{_FORMATS}python.format:PYTHON_MODEL",
    "model.plan": f"{_FORMATS}tensorrt_engine:TENSORRT_ENGINE",
    "model.pt2": f"{_FORMATS}aot_inductor:AOT_INDUCTOR",
    "model.savedmodel.tar.gz": f"{_FORMATS}saved_model:SAVED_MODEL",
}
"""The import path of each `ModelFormat`, as `pkgutil.resolve_name` reads it, by object name."""

MODEL_FILES = FORMAT_PATHS.keys()
"""The object names that start a deployment."""

RUN_LOCALLY = ("model.pt", "model.onnx")
"""The object names that `modeldrop inspect --run` supports, with packages that run on a laptop."""
