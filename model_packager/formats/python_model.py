"""Models of Triton's Python backend (model.py): code that runs in the endpoint's container.

Neither this module nor any Lambda function runs it: it is parsed as text and compiled as a syntax
check. Source of the required class: triton-inference-server/python_backend, README, "Usage".
"""

import ast
from typing import BinaryIO

from model_packager.formats.base import Content, ModelFormat
from model_packager.formats.declared_signature import signature_of_spec
from model_packager.formats.python_text import PythonDamaged, parsed
from model_packager.rejection import ModelRejected

CLASS = "TritonPythonModel"
MAX_BYTES = 256 * 1024

_TITLE = "a model of Triton's Python backend"
_WRITE = (
    f"Write a class {CLASS} with a method `execute(self, requests)` that returns one "
    "pb_utils.InferenceResponse for each request, and upload the file as model.py. It can import "
    "only packages of Triton's image (NumPy). For others, pack a model repository with an "
    "EXECUTION_ENV, and upload it as model.tar.gz."
)


def read_python_model(file: BinaryIO, model: str) -> Content:  # noqa: ARG001 - as every format
    """Check the code without running it.

    Raises:
        ModelRejected: this is not a Python file, or Triton cannot serve it.
    """
    file.seek(0)
    source = file.read(MAX_BYTES + 1)
    if len(source) > MAX_BYTES:
        raise ModelRejected(
            f"model.py has more than {MAX_BYTES:,} bytes.",
            "Move weights and data to other files: pack them and model.py into a model repository, "
            "and upload that as model.tar.gz.",
        )
    _check_code(_parsed(source))
    return Content(signature=lambda spec: signature_of_spec(_TITLE, spec))


PYTHON_MODEL = ModelFormat(
    object_name="model.py",
    title=_TITLE,
    summary="a model of Triton's Python backend; its code runs in the endpoint's container",
    spec="`inputs` and `outputs`",
    read=read_python_model,
    engine=("backend", "python"),
    path="1/model.py",
)


def _parsed(source: bytes) -> ast.Module:
    try:
        return parsed(source)
    except PythonDamaged as damage:
        if damage.is_syntax:
            raise ModelRejected(
                f"model.py is not valid Python ({damage}).",
                "Run `python -m py_compile model.py`, fix what it reports, and upload the file "
                "again.",
            ) from damage
        raise ModelRejected(f"Modeldrop cannot read model.py: {damage}.", _WRITE) from damage


def _check_code(module: ast.Module) -> None:
    """A name may also come from an import or an assignment; the check accepts those."""
    classes = [node for node in module.body if isinstance(node, ast.ClassDef)]
    found = next((each for each in classes if each.name == CLASS), None)
    if found is None:
        if any(_binds(node) for node in module.body):
            return
        raise ModelRejected(f"model.py has no class {CLASS}, which Triton requires.", _WRITE)
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    methods = {node.name for node in found.body if isinstance(node, functions)}
    if "execute" not in methods and not found.bases:
        raise ModelRejected(
            f"The class {CLASS} in model.py has no method `execute`, which Triton calls.", _WRITE
        )


def _binds(node: ast.stmt) -> bool:
    if isinstance(node, ast.ImportFrom | ast.Import):
        return any(each.asname == CLASS or each.name in (CLASS, "*") for each in node.names)
    if isinstance(node, ast.Assign):
        return any(isinstance(each, ast.Name) and each.id == CLASS for each in node.targets)
    return isinstance(node, ast.If | ast.Try)
