"""What SAM's samconfig.toml says of a deployed stack: its name, its region, the profile.

So that whoever has deployed it need not say it again. Format and order, the command's own section
before the global one: AWS SAM developer guide, "AWS SAM CLI configuration file".
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modeldrop.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

FILE = "samconfig.toml"
DEFAULT_ENVIRONMENT = "default"


@dataclass(frozen=True)
class SamDefaults:
    """What `sam deploy` would take; None where the file does not say it."""

    stack_name: str | None = None
    region: str | None = None
    profile: str | None = None


def read_samconfig(folder: Path, environment: str | None) -> SamDefaults:
    """Read the samconfig.toml of a folder, or of the nearest one above it.

    Args:
        folder: where to begin.
        environment: the section of the file; None takes the default one, where there is one.

    Raises:
        UsageError: it is no TOML, or there is no such environment.
    """
    for place in (folder, *folder.parents):
        file = place / FILE
        if file.is_file():
            return _defaults(file, environment)
    if environment is not None:
        raise UsageError(
            f"There is no {FILE} here or above, so there is no environment {environment}. "
            "Go to the folder that has it, or name the stack with --stack."
        )
    return SamDefaults()


def _defaults(file: Path, environment: str | None) -> SamDefaults:
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} is no TOML ({error}). Mend it: `sam` needs it, too.") from error
    section = _table(content, environment or DEFAULT_ENVIRONMENT)
    if environment is not None and not section:
        known = ", ".join(name for name, each in content.items() if isinstance(each, dict))
        raise UsageError(f"{file} has no environment {environment}, only: {known or 'none'}.")
    said = _parameters(section, "global") | _parameters(section, "deploy")
    return SamDefaults(*(_text(said, key) for key in ("stack_name", "region", "profile")))


def _parameters(section: dict[str, Any], command: str) -> dict[str, Any]:
    return _table(_table(section, command), "parameters")


def _table(content: dict[str, Any], key: str) -> dict[str, Any]:
    found = content.get(key)
    return found if isinstance(found, dict) else {}


def _text(said: dict[str, Any], key: str) -> str | None:
    found = said.get(key)
    return found if isinstance(found, str) and found else None
