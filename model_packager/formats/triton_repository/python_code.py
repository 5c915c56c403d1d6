"""Checks the code and the environment of Python-backend models in a repository.

Sources: triton-inference-server/python_backend, README ("Usage", "Business Logic Scripting",
"Creating Custom Execution Environments"), and `LocalizePythonBackendExecutionEnvironmentPath` in
triton-inference-server/core, src/model_config_utils.cc.
"""

from __future__ import annotations

import ast
import posixpath
import sys
from collections.abc import Iterator

from model_packager.formats.python import format as python_model
from model_packager.formats.python.bounded_parser import PythonDamaged, parsed_file
from model_packager.formats.python.start import (
    CLASS,
    MODELS_ON_SAGEMAKER,
    failure_at_start,
    files_read_at_start,
    package_warning,
    packages_at_start,
)
from model_packager.formats.triton_backends import TritonBackend
from model_packager.formats.triton_repository.config.model_config import (
    AGAIN,
    ModelConfig,
    flag,
    message_of,
    parameter,
    text,
)
from model_packager.formats.triton_repository.repository_files import ModelFolder, RepositoryFiles
from model_packager.model_warnings import ModelWarning
from model_packager.rejection import ModelRejected

ENVIRONMENT = "EXECUTION_ENV_PATH"
MODEL_DIRECTORY = "$$TRITON_MODEL_DIRECTORY"
_SHELL = frozenset("'\"`$\\&;|<>()")
MAX_FILES = 20
"""The maximum number of a version's Python files to scan for calls of models."""


def unusable_in_paths(path: str) -> list[str]:
    """Return the characters of a path with which the backend cannot start its process.

    The container has no locale, so its Python encodes paths as ASCII. Quotes and white space break
    the command line of the process (seen on tritonserver 2.51).
    """
    return [each for each in path if not each.isascii() or each in _SHELL or each.isspace()]


def check_file_name(config: ModelConfig, backend: TritonBackend | None) -> None:
    """Check that the backend can open, and Python can import, the file that the config names.

    The Python backend imports it as the module `<folder>.<name>`; the folder is the version's by
    default (triton-inference-server/python_backend, src/pb_stub.cc).

    Raises:
        ModelRejected: it cannot. The error has the line.
    """
    name = text(config.message, "default_model_filename")
    folder, _, file = f"1/{name}".rpartition("/")
    package, module = posixpath.basename(folder), file.removesuffix(".py")
    odd = unusable_in_paths(name)
    if odd:
        cause = (
            f"has {odd[0]!r:.10} in its name, and Triton's Python backend cannot open such a path"
        )
    elif not name or backend is None or backend.name != "python":
        return
    elif not file.endswith(".py"):
        cause = "does not end with .py, as Triton's Python backend requires"
    elif package and "." not in package + module and package not in sys.stdlib_module_names:
        return
    else:
        cause = f"is not a module that Triton's Python backend can import ({package}.{module:.120})"
    raise config.rejected_field(
        "default_model_filename",
        f"the file {name!r:.120} {cause}.",
        "Give the file its usual name in the version's folder (Python: model.py), and remove "
        "default_model_filename",
    )


def check_python_code(files: RepositoryFiles, config: ModelConfig, path: str) -> bool:
    """Check the model's code without running it; return whether it completes the config.

    Raises:
        ModelRejected: Triton cannot load it, or no request ever gets a response.
    """
    module = _module(files, config.model, path)
    if module is None:
        return False
    shown = f"{config.model:.120}/{path:.200}"
    missing = python_model.missing_in(module)
    if missing is not None:
        raise ModelRejected(
            f"{shown} {missing}.",
            f"Write a class {CLASS} with a method `execute(self, requests)` that "
            f"returns one pb_utils.InferenceResponse for each request, {AGAIN}",
        )
    failure = failure_at_start(module)
    if failure is not None:
        raise ModelRejected(
            f"{shown}, line {failure.line}: {failure.cause}.", f"{failure.fix}, {AGAIN}"
        )
    _check_read_files(files, config, path, module)
    execute = python_model.execute_of(module)
    decoupled = flag(message_of(config.message, "model_transaction_policy"), "decoupled")
    if execute is not None and not decoupled and python_model.returns_nothing(execute):
        raise ModelRejected(
            f"{shown}, line {execute.lineno}: the method `execute` returns nothing, so no request "
            "ever gets a response.",
            "Return a list with one pb_utils.InferenceResponse for each request, " + AGAIN,
        )
    return python_model.completes_config(module)


def package_warnings(
    files: RepositoryFiles, config: ModelConfig, path: str
) -> tuple[ModelWarning, ...]:
    """Warn about packages that the model's code imports and the archive does not contain."""
    module = _module(files, config.model, path)
    if module is None or parameter(config.message, ENVIRONMENT) is not None:
        return ()
    folder = files.models[config.model]
    siblings = {name.partition(".")[0] for name in folder.holds(posixpath.dirname(path))}
    found = packages_at_start(module)
    absent = {name: line for name, line in found.items() if name not in siblings}
    return package_warning(f"{config.model:.120}/{path:.200}", absent)


def _check_read_files(
    files: RepositoryFiles, config: ModelConfig, path: str, module: ast.Module
) -> None:
    place = f"{MODELS_ON_SAGEMAKER}/{config.model}/{path}"
    version = path.partition("/")[0]
    for read, line in files_read_at_start(module, place, version).items():
        name, _, inside = posixpath.relpath(read, MODELS_ON_SAGEMAKER).partition("/")
        folder = files.models.get(name)
        known = folder is not None and (
            inside in folder.files or inside in folder.folders or not inside
        )
        if not known:
            raise ModelRejected(
                f"{config.model:.120}/{path:.200}, line {line}: the code reads "
                f"{name:.120}/{inside:.200}, but the archive has no such file.",
                f"Put the file there, or correct the path; {AGAIN}",
            )


def _module(files: RepositoryFiles, model: str, path: str) -> ast.Module | None:
    """Parse a file; None if it is too large. Triton itself has no such limit.

    Raises:
        ModelRejected: it is not valid Python, or the files of the archive have too much code.
    """
    _, size = files.models[model].files[path]
    if size > python_model.MAX_BYTES:
        return None
    files.count_code(size)
    try:
        return parsed_file(files.open(model, path).read())
    except PythonDamaged as damage:
        if not damage.is_syntax:
            return None
        raise ModelRejected(
            f"{model:.120}/{path:.200} is not valid Python ({damage}).",
            f"Run `python -m py_compile {posixpath.basename(path):.120}`, fix what it reports, "
            f"{AGAIN}",
        ) from damage


def check_environment(folder: ModelFolder, config: ModelConfig) -> None:
    """Check that the packed Python environment of the model is in the archive.

    Raises:
        ModelRejected: it is missing, or its path does not exist on the endpoint.
    """
    found = parameter(config.message, ENVIRONMENT)
    if found is None:
        return
    value, line = found
    root = f"{MODELS_ON_SAGEMAKER}/{config.model}"
    if value.startswith(MODEL_DIRECTORY):
        path = posixpath.normpath(root + value.removeprefix(MODEL_DIRECTORY))
    elif value.startswith("/"):
        path = posixpath.normpath(value)
    else:
        raise config.rejected(
            line,
            f"{ENVIRONMENT} is the relative path {value!r:.200}, which Triton looks up in its "
            "working directory, not in the model's folder.",
            f'Write `string_value: "{MODEL_DIRECTORY}/{posixpath.basename(value) or "env.tar.gz"}"`'
            " for a file in the model's folder",
        )
    if not path.startswith(f"{MODELS_ON_SAGEMAKER}/"):
        raise config.rejected(
            line,
            f"{ENVIRONMENT} is {value!r:.200}, a path that the container does not have.",
            f"Put the environment into the archive as {config.model:.120}/env.tar.gz, and write "
            f'`string_value: "{MODEL_DIRECTORY}/env.tar.gz"`',
        )
    inside = posixpath.relpath(path, root)
    if inside.startswith("../"):
        return  # in another folder of the archive, which several models may share
    if inside not in folder.files and inside not in folder.folders:
        raise config.rejected(
            line,
            f"{ENVIRONMENT} names {value!r:.200}, but the archive has no "
            f"{config.model:.120}/{inside:.200}.",
            f"Put the environment there (conda-pack writes it), or correct the path: "
            f"`{MODEL_DIRECTORY}/…` is the model's folder",
        )


def called_models(files: RepositoryFiles, model: str, path: str) -> tuple[str, ...]:
    """Return the models that a Python model calls (Business Logic Scripting).

    If the code computes a name, it may call every other model whose name occurs in the code, or
    every other model if none does.

    Raises:
        ModelRejected: it calls a model that is not in the archive.
    """
    calls: dict[str, str] = {}
    texts: set[str] = set()
    computed = loads = False
    for each in _python_files(files.models[model], path):
        module = _module(files, model, each)
        if module is None:
            continue
        constants = _constants(module)
        texts |= {node.value for node in ast.walk(module) if _is_text(node)}  # type: ignore[attr-defined]
        for call in _calls(module):
            loads = loads or _name(call.func) == "load_model"
            named = next((each.value for each in call.keywords if each.arg == "model_name"), None)
            if _name(call.func) != "InferenceRequest" or named is None:
                continue
            value = constants.get(_name(named), None) if not _is_text(named) else named.value  # type: ignore[attr-defined]
            if value is None:
                computed = True
            else:
                calls.setdefault(value, f"{model:.120}/{each:.200}, line {call.lineno}")
    missing = next((each for each in calls if each not in files.models), None)
    if missing is not None and not loads:
        raise ModelRejected(
            f"{calls[missing]}: the code calls the model {missing:.120}, but the archive has no "
            "such model.",
            f"Add the folder {missing:.120}/ to the repository, or correct model_name; {AGAIN}",
        )
    others = [each for each in files.models if each != model]
    guessed = [each for each in others if each in texts] or others
    found = [*(each for each in calls if each in files.models), *(guessed if computed else ())]
    return tuple(dict.fromkeys(each for each in found if each != model))


def _python_files(folder: ModelFolder, path: str) -> list[str]:
    version = posixpath.dirname(path)
    siblings = [
        each
        for each in folder.files
        if each.endswith(".py") and posixpath.dirname(each) == version and each != path
    ]
    return [path, *siblings[:MAX_FILES]]


def _calls(module: ast.Module) -> Iterator[ast.Call]:
    return (node for node in ast.walk(module) if isinstance(node, ast.Call))


def _name(node: ast.expr) -> str:
    """Return the last part of a name: InferenceRequest for pb_utils.InferenceRequest."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _constants(module: ast.Module) -> dict[str, str]:
    """Return the names that the code binds only once, to a text."""
    bound: dict[str, set[str | None]] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.Assign):
            value = node.value.value if _is_text(node.value) else None  # type: ignore[attr-defined]
            for target in node.targets:
                bound.setdefault(_name(target), set()).add(value)
    return {
        name: value
        for name, values in bound.items()
        if name and len(values) == 1 and (value := next(iter(values))) is not None
    }
