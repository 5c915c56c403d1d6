"""Models of Triton's Python backend (model.py): code that runs in the endpoint's container.

Neither this module nor any Lambda function runs the code. It is only parsed, and compiled to check
its syntax. Source of the required class: triton-inference-server/python_backend, README, "Usage".
"""

import ast
import posixpath
from typing import BinaryIO

from model_packager.formats.base import Content, ModelFormat
from model_packager.formats.declared_signature import signature_of_spec
from model_packager.formats.python.bounded_parser import PythonDamaged, parsed_file
from model_packager.formats.python.start import (
    CLASS,
    MODELS_ON_SAGEMAKER,
    failure_at_start,
    files_read_at_start,
    package_warning,
    packages_at_start,
)
from model_packager.rejection import ModelRejected

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
        ModelRejected: the file is not Python, or Triton cannot serve it.
    """
    file.seek(0)
    source = file.read(MAX_BYTES + 1)
    if len(source) > MAX_BYTES:
        raise ModelRejected(
            f"model.py has more than {MAX_BYTES:,} bytes.",
            "Move weights and data to other files: pack them and model.py into a model repository, "
            "and upload that as model.tar.gz.",
        )
    module = _parsed(source)
    _check_code(module)
    warnings = package_warning("model.py", packages_at_start(module))
    return Content(
        signature=lambda spec: signature_of_spec(_TITLE, spec, has_text=True),
        warnings=lambda _signature, _host: warnings,
    )


PYTHON_MODEL = ModelFormat(
    object_name="model.py",
    title=_TITLE,
    summary="a model of Triton's Python backend; its code runs in the endpoint's container",
    spec="`inputs` and `outputs`",
    read=read_python_model,
    backend_field=("backend", "python"),
    path="1/model.py",
)


def _parsed(source: bytes) -> ast.Module:
    try:
        return parsed_file(source)
    except PythonDamaged as damage:
        if damage.is_syntax:
            raise ModelRejected(
                f"model.py is not valid Python ({damage}).",
                "Run `python -m py_compile model.py`, fix what it reports, and upload the file "
                "again.",
            ) from damage
        raise ModelRejected(f"Modeldrop cannot read model.py: {damage}.", _WRITE) from damage


def _check_code(module: ast.Module) -> None:
    missing = missing_in(module)
    if missing is not None:
        raise ModelRejected(f"model.py {missing}.", _WRITE)
    execute = execute_of(module)
    if execute is not None and returns_nothing(execute):
        raise ModelRejected(
            f"model.py, line {execute.lineno}: the method `execute` returns nothing, so no request "
            "ever gets a response.",
            _WRITE,
        )

    failure = failure_at_start(module)
    if failure is not None:
        raise ModelRejected(
            f"model.py, line {failure.line}: {failure.cause}.",
            f"{failure.fix}, and upload the file again.",
        )
    place = f"{MODELS_ON_SAGEMAKER}/model/1/model.py"
    for path, line in files_read_at_start(module, place, "1").items():
        if path != place:
            raise ModelRejected(
                f"model.py, line {line}: the code reads the file {posixpath.basename(path):.120} "
                "next to it, but model.py is uploaded alone.",
                "Pack both into a model repository (NAME/config.pbtxt, NAME/1/model.py and the "
                "files next to it), and upload that as model.tar.gz.",
            )


def missing_in(module: ast.Module) -> str | None:
    """Return what the code lacks for Triton, as "has no …"; None if it lacks nothing.

    The check also accepts names from an import or an assignment.
    """
    classes = [node for node in module.body if isinstance(node, ast.ClassDef)]
    found = next((each for each in classes if each.name == CLASS), None)
    if found is None:
        if any(_binds(node) for node in module.body):
            return None
        return f"has no class {CLASS}, which Triton requires"
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    execute = next(
        (each for each in found.body if isinstance(each, functions) and each.name == "execute"),
        None,
    )
    if execute is not None:
        return None
    if any(_binds(node, "execute") for node in found.body) or found.bases:
        return None
    return f"has no method `execute` in its class {CLASS}, which Triton calls"


def execute_of(module: ast.Module) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    """Return the method that Triton calls, if the class in this module defines it."""
    return _method(module, "execute")


def completes_config(module: ast.Module) -> bool:
    """Return whether the class in this module adds inputs and outputs to the config."""
    return _method(module, "auto_complete_config") is not None


def _method(module: ast.Module, name: str) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    for node in module.body:
        if isinstance(node, ast.ClassDef) and node.name == CLASS:
            for each in node.body:
                if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and each.name == name:
                    return each
    return None


def returns_nothing(execute: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Return whether the method never returns a value.

    Triton then never answers the requests (seen on tritonserver 2.51).
    """
    inner = [
        node
        for each in ast.walk(execute)
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef)
        and each is not execute
        for node in ast.walk(each)
    ]
    own = [node for node in ast.walk(execute) if node not in set(inner)]
    if any(isinstance(node, ast.Yield | ast.YieldFrom) for node in own):
        return False
    if isinstance(execute.body[-1], ast.Raise):
        return False
    values = [node.value for node in own if isinstance(node, ast.Return)]
    return all(
        value is None or (isinstance(value, ast.Constant) and value.value is None)
        for value in values
    )


def _binds(node: ast.stmt, name: str = CLASS) -> bool:
    if isinstance(node, ast.ImportFrom | ast.Import):
        return any(each.asname == name or each.name in (name, "*") for each in node.names)
    if isinstance(node, ast.Assign):
        return any(isinstance(each, ast.Name) and each.id == name for each in node.targets)
    return isinstance(node, ast.If | ast.Try)
