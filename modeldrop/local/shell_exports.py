"""What a shell has to evaluate so that the AWS tools started in it use an embedded cloud."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from enum import StrEnum

# Each would send a tool elsewhere, or make it fail on a profile that is unknown here.
_LEADING_ASTRAY = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
)
_ONE_SERVICE = "AWS_ENDPOINT_URL_"
_PROXIES = {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"}
_NO_PROXY = "127.0.0.1,localhost"


class Shell(StrEnum):
    """Whose syntax is written: `sh` is bash's, zsh's and dash's as well."""

    SH = "sh"
    FISH = "fish"


def settings(
    environment: Mapping[str, str], present: Mapping[str, str]
) -> tuple[dict[str, str], list[str]]:
    """What to set and what to unset.

    Args:
        environment: by which the cloud is reached.
        present: the user's environment, of which only names that matter are looked at.
    """
    astray = [
        name for name in sorted(present) if name in _LEADING_ASTRAY or name.startswith(_ONE_SERVICE)
    ]
    wanted = dict(environment)
    if _PROXIES & {name.upper() for name in present}:
        before = present.get("no_proxy") or present.get("NO_PROXY")
        # Some tools read the one, some the other.
        wanted |= dict.fromkeys(
            ("NO_PROXY", "no_proxy"), ",".join(filter(None, (before, _NO_PROXY)))
        )
    return wanted, astray


def script(wanted: Mapping[str, str], unset: list[str], shell: Shell) -> str:
    """Write it for a shell, one line each."""
    if shell is Shell.FISH:
        lines = [f"set --erase {name};" for name in unset]
        lines += [f"set --global --export {name} {_fish(text)};" for name, text in wanted.items()]
    else:
        lines = [f"unset {name};" for name in unset]
        lines += [f"export {name}={shlex.quote(text)};" for name, text in wanted.items()]
    return "\n".join(lines) + "\n"


def _fish(text: str) -> str:
    # In single quotes fish reads \' and \\, and nothing else (fish documentation, "Quotes").
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
