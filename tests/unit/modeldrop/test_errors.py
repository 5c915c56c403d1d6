"""One exception tree: every error that ends a command is named in it, with its exit code."""

from __future__ import annotations

import importlib
import pkgutil
import re

import modeldrop
from modeldrop import errors
from modeldrop.errors import CommandError
from modeldrop.exit_code import ExitCode

OWN_PROCESS = (
    "modeldrop.local.access",
    "modeldrop.local.die",
    "modeldrop.local.ministack",
    "modeldrop.local.sagemaker",
)
"""Run as processes of their own, or by another Python; their errors never reach the command."""


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
