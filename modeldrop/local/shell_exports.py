"""Shell commands that point AWS tools at an embedded cloud."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from enum import StrEnum

# Each would point a tool elsewhere, or select a profile that does not exist here.
_CONFLICTING = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
)
_SERVICE_URL_PREFIX = "AWS_ENDPOINT_URL_"
_PROXIES = {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"}
_NO_PROXY = "127.0.0.1,localhost"


class Shell(StrEnum):
    """The syntax of the commands; `sh` also covers bash, zsh and dash."""

    SH = "sh"
    FISH = "fish"


def settings(
    environment: Mapping[str, str], present: Mapping[str, str]
) -> tuple[dict[str, str], list[str]]:
    """Return the variables to set, and the names to unset.

    Args:
        environment: the variables that point at the cloud.
        present: the user's environment.
    """
    unset = [
        name
        for name in sorted(present)
        if name in _CONFLICTING or name.startswith(_SERVICE_URL_PREFIX)
    ]
    exports = dict(environment)
    if _PROXIES & {name.upper() for name in present}:
        before = present.get("no_proxy") or present.get("NO_PROXY")
        # Some tools read the one, some the other.
        exports |= dict.fromkeys(
            ("NO_PROXY", "no_proxy"), ",".join(filter(None, (before, _NO_PROXY)))
        )
    return exports, unset


def script(exports: Mapping[str, str], unset: list[str], shell: Shell) -> str:
    """Render the commands for a shell, one per line."""
    if shell is Shell.FISH:
        lines = [f"set --erase {name};" for name in unset]
        lines += [f"set --global --export {name} {_fish(text)};" for name, text in exports.items()]
    else:
        lines = [f"unset {name};" for name in unset]
        lines += [f"export {name}={shlex.quote(text)};" for name, text in exports.items()]
    return "\n".join(lines) + "\n"


def _fish(text: str) -> str:
    # In single quotes, fish interprets only \' and \\ (fish documentation, "Quotes").
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
