"""Finds what a Python model always does when Triton starts it, without running its code.

Triton imports the file, creates the class without arguments and calls `initialize(args)`
(triton-inference-server/python_backend, src/pb_stub.cc, `Stub::Initialize`). Only statements that
always run count, which excludes `if`, `try`, loops and called functions.
"""

from __future__ import annotations

import ast
import posixpath
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from model_packager.model_warnings import ModelWarning, WarningCode

CLASS = "TritonPythonModel"
MODELS_ON_SAGEMAKER = "/opt/ml/model"

Method = ast.FunctionDef | ast.AsyncFunctionDef

_EXITS = frozenset({"os._exit", "sys.exit", "exit", "quit", "os.abort"})
_READS = frozenset({"read_text", "read_bytes", "load", "InferenceSession"})
_SAME_PATH = frozenset({"str", "Path", "fspath", "abspath", "realpath", "resolve", "absolute"})
_MAX_DEPTH = 30

_IN_THE_IMAGE = frozenset({"numpy", "triton_python_backend_utils", "c_python_backend_utils"})
_IMPORTERS = frozenset({"import_module", "__import__", "addsitedir", "exec", "exec_module"})

# Code with any of these calls may create the file that it reads.
_WRITES = frozenset(
    {
        *("system", "run", "call", "check_call", "check_output", "Popen", "urlretrieve", "chdir"),
        *("copy", "copy2", "copyfile", "copytree", "move", "rename", "replace", "symlink", "link"),
        *("extract", "extractall", "unpack_archive", "download", "download_file", "dump", "save"),
        *("write_text", "write_bytes", "touch", "mkdir", "makedirs", "hf_hub_download"),
        "snapshot_download",
    }
)


@dataclass(frozen=True)
class Failure:
    """The reason why a start always fails.

    Attributes:
        line: the line in the file.
        cause: the rest of a sentence that begins with the file.
        fix: the fix as an imperative, without a full stop.
    """

    line: int
    cause: str
    fix: str


def failure_at_start(module: ast.Module) -> Failure | None:
    """Return why the module or its class always fails to start; None if no reason was found."""
    initialize = _method(module, "initialize")
    return (
        _arguments(_method(module, "__init__"), 1)
        or _arguments(initialize, 2)
        or _arguments(_method(module, "execute"), 2)
        or _ends(module.body)
        or _ends(initialize.body if initialize else [])
    )


def files_read_at_start(module: ast.Module, file: str, version: str) -> dict[str, int]:
    """Return the paths below `/opt/ml/model` that the code always reads, with their lines.

    Args:
        module: the code.
        file: the path of the code on the endpoint.
        version: the version of the model, which is in the path `model_repository/version/…`.
    """
    if any(_last_name(call.func) in _WRITES or _writes(call) for call in _calls(module)):
        return {}
    initialize = _method(module, "initialize")
    folder = posixpath.dirname(posixpath.dirname(file))
    paths = _Paths(file, folder, version)
    found: dict[str, int] = {}
    for body in (module.body, initialize.body if initialize else []):
        if body is not module.body and initialize is not None:
            paths.take_arguments(initialize)
        for statement in body:
            for path, line in paths.reads(statement):
                found.setdefault(path, line)
            paths.assign(statement)
    inside = f"{MODELS_ON_SAGEMAKER}/"
    return {path: line for path, line in found.items() if path.startswith(inside)}


def packages_at_start(module: ast.Module) -> dict[str, int]:
    """Return the packages outside Python's standard library that the code always imports.

    The values are line numbers. The result is empty if the code changes where Python finds
    packages, or may install some.
    """
    if any(_last_name(call.func) in _WRITES | _IMPORTERS for call in _calls(module)) or any(
        isinstance(node, ast.Attribute) and _dotted(node) == "sys.path" for node in ast.walk(module)
    ):
        return {}
    initialize = _method(module, "initialize")
    found: dict[str, int] = {}
    for statement in [*module.body, *(initialize.body if initialize else [])]:
        names: list[str] = []
        if isinstance(statement, ast.Import):
            names = [each.name for each in statement.names]
        elif isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
            names = [statement.module]
        for name in names:
            found.setdefault(name.partition(".")[0], statement.lineno)
    present = sys.stdlib_module_names | _IN_THE_IMAGE
    return {name: line for name, line in found.items() if name not in present}


def package_warning(place: str, packages: Mapping[str, int]) -> tuple[ModelWarning, ...]:
    """Warn about packages that may be missing on the endpoint.

    Args:
        place: the name of the file.
        packages: the imported packages, with their line numbers.
    """
    if not packages:
        return ()
    name, line = next(iter(packages.items()))
    others = f" (and {', '.join(list(packages)[1:]):.200})" if len(packages) > 1 else ""
    return (
        ModelWarning(
            code=WarningCode.PACKAGE,
            cause=f"{place}, line {line}: the code imports {name:.120}{others}. Triton's "
            "image has few packages besides NumPy, and the model cannot start if one is missing.",
            fix="Pack the packages into an environment (conda-pack), and name it in the "
            "config.pbtxt of a model repository (EXECUTION_ENV_PATH).",
        ),
    )


def _method(module: ast.Module, name: str) -> Method | None:
    classes = [
        node for node in module.body if isinstance(node, ast.ClassDef) and node.name == CLASS
    ]
    if not classes or classes[-1].decorator_list:
        return None
    found = [node for node in classes[-1].body if isinstance(node, Method) and node.name == name]
    return found[-1] if found and not found[-1].decorator_list else None


def _arguments(method: Method | None, given: int) -> Failure | None:
    """Compare a method with the number of arguments that Triton passes, `self` included."""
    if method is None:
        return None
    declared = [*method.args.posonlyargs, *method.args.args]
    required = len(declared) - len(method.args.defaults)
    keywords = any(default is None for default in method.args.kw_defaults)
    most = given if method.args.vararg else len(declared)
    if required <= given <= most and not keywords:
        return None
    right = {"__init__": "self", "initialize": "self, args", "execute": "self, requests"}
    return Failure(
        method.lineno,
        f"the method `{method.name}` has different arguments than Triton passes",
        f"Write `def {method.name}({right[method.name]})`",
    )


def _ends(body: list[ast.stmt]) -> Failure | None:
    for statement in body:
        if isinstance(statement, ast.Return):
            return None
        if isinstance(statement, ast.Raise):
            return Failure(
                statement.lineno,
                "the code always raises an exception here when the model starts",
                "Remove the raise statement, or put it behind a condition",
            )
        call = statement.value if isinstance(statement, ast.Expr) else None
        if isinstance(call, ast.Call) and _dotted(call.func) in _EXITS:
            return Failure(
                statement.lineno,
                "the code always ends Triton's Python process here when the model starts",
                "Remove the call",
            )
    return None


class _Paths:
    """The texts and paths that straight-line code computes."""

    def __init__(self, file: str, folder: str, version: str) -> None:
        self._known: dict[str, str] = {"__file__": file}
        self._of_arguments = {
            "model_repository": folder,
            "model_version": version,
            "model_name": posixpath.basename(folder),
        }
        self._arguments = ""

    def take_arguments(self, initialize: Method) -> None:
        """Remember the dictionary that Triton passes to `initialize`."""
        names = [*initialize.args.posonlyargs, *initialize.args.args]
        self._arguments = names[1].arg if len(names) > 1 else ""

    def assign(self, statement: ast.stmt) -> None:
        """Remember an assignment, and forget names that another statement binds."""
        value = self.value(statement.value) if isinstance(statement, ast.Assign) else None
        for node in ast.walk(statement):
            if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
                self._known.pop(_dotted(node), None)
        if isinstance(statement, ast.Assign) and value is not None:
            for target in statement.targets:
                if isinstance(target, ast.Name | ast.Attribute):
                    self._known[_dotted(target)] = value

    def reads(self, statement: ast.stmt) -> Iterator[tuple[str, int]]:
        """Yield the paths that a statement always reads."""
        if isinstance(statement, ast.With):
            parts: list[ast.AST] = [item.context_expr for item in statement.items]
        elif isinstance(statement, ast.Assign | ast.AnnAssign | ast.Expr):
            parts = [statement.value] if statement.value is not None else []
        else:
            return
        for part in parts:
            if any(
                isinstance(node, ast.Lambda | ast.IfExp | ast.BoolOp) for node in ast.walk(part)
            ):
                continue
            for call in _calls(part):
                path = self._read_by(call)
                if path is not None:
                    yield posixpath.normpath(path), call.lineno

    def _read_by(self, call: ast.Call) -> str | None:
        name = _last_name(call.func)
        if name == "open" and isinstance(call.func, ast.Attribute):
            return self.value(call.func.value)  # Path(…).open()
        if name in ("read_text", "read_bytes") and isinstance(call.func, ast.Attribute):
            return self.value(call.func.value)
        if (name == "open" or name in _READS) and call.args:
            return self.value(call.args[0])
        return None

    def value(self, node: ast.expr, depth: int = 0) -> str | None:
        """Return the text of an expression; None if unknown."""
        if depth > _MAX_DEPTH:
            return None
        match node:
            case ast.Constant(value=str(text)):
                return text
            case ast.Attribute(value=of, attr="parent"):
                path = self.value(of, depth + 1)
                return None if path is None else posixpath.dirname(path)
            case ast.Name() | ast.Attribute():
                return self._known.get(_dotted(node))
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str(key))):
                return self._of_arguments.get(key) if name == self._arguments else None
            case ast.BinOp(left=left, op=ast.Add() | ast.Div() as operator, right=right):
                parts = [self.value(each, depth + 1) for each in (left, right)]
                return _joined(parts, "/" if isinstance(operator, ast.Div) else "")
            case ast.JoinedStr(values=values):
                plain = [
                    each.value if isinstance(each, ast.FormattedValue) else each for each in values
                ]
                return _joined([self.value(each, depth + 1) for each in plain], "")
            case ast.Call(func=function, args=arguments):
                return self._called(function, arguments, depth)
        return None

    def _called(self, function: ast.expr, arguments: list[ast.expr], depth: int) -> str | None:
        name = _last_name(function)
        values = [self.value(each, depth + 1) for each in arguments]
        if name == "join" and isinstance(function, ast.Attribute) and values:
            return _joined(values, "/") if _last_name(function.value) == "path" else None
        if name == "dirname" and values and values[0] is not None:
            return posixpath.dirname(values[0])
        if name in _SAME_PATH and values:
            return _joined(values, "/")
        if name in (*_SAME_PATH, "joinpath") and isinstance(function, ast.Attribute):
            return _joined([self.value(function.value, depth + 1), *values], "/")
        return None


def _joined(parts: list[str | None], separator: str) -> str | None:
    known = [each for each in parts if each is not None]
    if len(known) < len(parts):
        return None
    return posixpath.join(*known) if separator else "".join(known)


def _writes(call: ast.Call) -> bool:
    """Return whether the call opens a file in order to write it."""
    if _last_name(call.func) != "open":
        return False
    values = [*call.args, *(each.value for each in call.keywords)]
    return any(
        isinstance(each, ast.Constant)
        and isinstance(each.value, str)
        and set(each.value) & set("wax+")
        and len(each.value) <= 3
        for each in values
    )


def _calls(node: ast.AST) -> Iterator[ast.Call]:
    return (each for each in ast.walk(node) if isinstance(each, ast.Call))


def _dotted(node: ast.expr) -> str:
    """Return a name such as `self.path`; "" for anything else."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return ".".join(reversed([*names, node.id])) if isinstance(node, ast.Name) else ""


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
