"""Reads defaults for the stack's name, Region, profile and parameters from SAM's samconfig.toml.

Format and order (the command's section precedes the global one): AWS SAM developer guide, "AWS SAM
CLI configuration file".
"""

from __future__ import annotations

import shlex
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from modeldrop.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FILE = "samconfig.toml"
DEFAULT_ENVIRONMENT = "default"


@dataclass(frozen=True)
class SamDefaults:
    """The defaults of `sam deploy`; None for values that the file lacks.

    Attributes:
        parameters: the stack's parameters, by the template's names.
    """

    stack_name: str | None = None
    region: str | None = None
    profile: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)


def read_samconfig(folder: Path, environment: str | None) -> SamDefaults:
    """Read the samconfig.toml of a folder or its nearest parent that has one.

    Args:
        folder: the folder to start from.
        environment: the section of the file; None for the default section, if it exists.

    Raises:
        UsageError: the file is not valid TOML, its parameter_overrides are unreadable, or it lacks
            the environment.
    """
    for place in (folder, *folder.parents):
        file = place / FILE
        if file.is_file():
            return _defaults(file, environment)
    if environment is not None:
        raise UsageError(
            f"--config-env {environment} needs a {FILE} in this folder or above.",
            "Change the folder, or name the stack with --stack.",
        )
    return SamDefaults()


def _defaults(file: Path, environment: str | None) -> SamDefaults:
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{file} is not valid TOML ({error}).", "Fix it: `sam` needs it, too."
        ) from error
    section = _table(content, environment or DEFAULT_ENVIRONMENT)
    if environment is not None and not section:
        known = ", ".join(name for name, each in content.items() if isinstance(each, dict))
        raise UsageError(f"{file} has no environment {environment}. Available: {known or 'none'}.")
    values = _parameters(section, "global") | _parameters(section, "deploy")
    return SamDefaults(
        _text(values, "stack_name"),
        _text(values, "region"),
        _text(values, "profile"),
        _overrides(file, values.get("parameter_overrides")),
    )


def _overrides(file: Path, value: Any) -> dict[str, str]:
    """Read `parameter_overrides`, a text or a list of texts with Name=Value pairs."""
    texts = value if isinstance(value, list) else [value]
    try:
        pairs = [pair for text in texts if isinstance(text, str) for pair in shlex.split(text)]
    except ValueError as error:  # a quotation mark or backslash without its other half
        raise UsageError(
            f"{file} has parameter_overrides that cannot be read ({error}).",
            "Fix it: `sam` needs it, too.",
        ) from error
    return dict(pair.split("=", 1) for pair in pairs if "=" in pair)


def _parameters(section: dict[str, Any], command: str) -> dict[str, Any]:
    return _table(_table(section, command), "parameters")


def _table(content: dict[str, Any], key: str) -> dict[str, Any]:
    value = content.get(key)
    return value if isinstance(value, dict) else {}


def _text(values: dict[str, Any], key: str) -> str | None:
    value = values.get(key)
    return value if isinstance(value, str) and value else None
