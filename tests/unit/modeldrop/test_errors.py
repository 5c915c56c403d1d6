"""The exception tree has every error that ends a command, with its exit code."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from pathlib import Path
from typing import TYPE_CHECKING

import modeldrop
from modeldrop import errors
from modeldrop.errors import CommandError
from modeldrop.exit_code import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator

OWN_PROCESS = (
    "modeldrop.local.access",
    "modeldrop.local.die",
    "modeldrop.local.ministack",
    "modeldrop.local.sagemaker",
)
"""The modules that run in separate processes, whose errors do not reach the command."""


def import_everything() -> None:
    for module in pkgutil.walk_packages(modeldrop.__path__, "modeldrop."):
        if not module.name.startswith(OWN_PROCESS) and not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def subclasses(kind: type[CommandError]) -> set[type[CommandError]]:
    direct = set(kind.__subclasses__())
    return direct | {each for child in direct for each in subclasses(child)}


def test_tree_in_the_docstring_is_complete() -> None:
    import_everything()
    documented = re.findall(r"[├└]── (\w+) +(\d?)", errors.__doc__ or "")
    actual = subclasses(CommandError)
    assert {name for name, _ in documented} == {each.__name__ for each in actual}
    codes = {name: int(code or ExitCode.FAILED) for name, code in documented}
    assert codes == {each.__name__: each.exit_code for each in actual}


def test_modules_of_the_command_define_no_other_errors() -> None:
    import_everything()
    own = [
        each
        for each in Exception.__subclasses__()
        if each.__module__.startswith("modeldrop.")
        and not each.__module__.startswith(OWN_PROCESS)
        and not each.__name__.startswith("_")
    ]
    assert own == [CommandError]


ADVICE = re.compile(
    r"[.:] (?:Ask|Change|Check|Choose|Delete|Deploy|Fix|Name|Pass|Remove|Run|Set|Stop|Update|Upload"
    r"|Use)\b"
)


def causes_alone() -> Iterator[tuple[str, str]]:
    """Yield the place and text of each error of the command with a single text."""
    kinds = {each.__name__ for each in subclasses(CommandError) | {CommandError}}
    for file in Path(modeldrop.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            match node:
                case ast.Call(func=ast.Name(id=name), args=[text], keywords=[]) if name in kinds:
                    yield f"{file.name}:{node.lineno}", _literal(text)


def _literal(node: ast.expr) -> str:
    """Return a text from the code, with `…` for values."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_literal(part) for part in parts)
    return "…"


def test_advice_is_the_fix_of_an_error_and_not_in_its_cause() -> None:
    import_everything()
    found = list(causes_alone())
    assert found
    assert [place for place, text in found if ADVICE.search(text)] == []
