"""Creates tools like those of macOS, which reject GNU options. Some GNU tools are missing.

Each tool is a script that checks its arguments and then runs this computer's tool.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

# POSIX.1-2017, "Utilities"; for mktemp, mktemp(1) of FreeBSD and macOS.
OPTIONS = {
    "cat": "u",
    "chmod": "R",
    "cp": "PRHLfipr",
    "dirname": "",
    "basename": "as:",
    "grep": "EFce:f:ilnqsvx",
    "head": "n:",
    "ln": "fsLP",
    "ls": "ikqrgloACFRHLSfm1ncstuadpx",
    "mkdir": "pm:",
    "mktemp": "dp:qt:u",
    "mv": "fi",
    "rm": "fiRr",
    "sed": "Ene:f:",
    "sort": "mo:bdfinrt:k:uc",
    "tail": "fc:n:",
    "touch": "acmr:t:d:",
    "tr": "Ccds",
    "uname": "amnrsv",
    "wc": "clmw",
    "xargs": "0ptxE:I:L:n:s:",
}
"""The options of each tool. macOS has no sha256sum, md5sum, realpath, nproc, tac and mv -T."""

# GNU findutils, "Reference". FreeBSD's find(1) lacks them.
GNU_FIND = ("-printf", "-fprintf", "-regextype", "-executable", "-readable", "-writable", "-quit")

_CHECKED = """#!/bin/sh
while getopts ':{letters}' option; do
  case $option in [?:]) echo "{name}: illegal option -- $OPTARG" >&2; exit 64 ;; esac
done
POSIXLY_CORRECT=1 exec '{tool}' "$@"
"""
_FIND = """#!/bin/sh
case ${{1-}} in ''|-*) echo 'find: illegal option, or no path' >&2; exit 64 ;; esac
for each; do
  case $each in {refused}) echo "find: $each: unknown primary or operator" >&2; exit 1 ;; esac
done
exec '{tool}' "$@"
"""
# A link would lose the virtual environment.
_PYTHON = f"#!/bin/sh\nexec '{sys.executable}' \"$@\"\n"
_WITHOUT_OPTIONS = ("awk", "bash", "env", "expr", "false", "make", "printf", "pwd", "sh", "true")


def bsd_tools(folder: Path) -> Path:
    """Write the tools to a new folder, which can be the only folder in PATH."""
    folder.mkdir()
    for name, letters in OPTIONS.items():
        _write(folder / name, _CHECKED.format(name=name, letters=letters, tool=_tool(name)))
    _write(folder / "find", _FIND.format(refused="|".join(GNU_FIND), tool=_tool("find")))
    _link(folder, _WITHOUT_OPTIONS)
    _write(folder / "python3", _PYTHON)
    return folder


def busybox_tools(folder: Path, busybox: Path, applets: Sequence[str]) -> Path:
    """Link busybox's tools, make and bash in a new folder, which can be the only folder in PATH."""
    folder.mkdir()
    for name in applets:
        (folder / name).symlink_to(busybox)
    _link(folder, ("make", "bash"))
    _write(folder / "python3", _PYTHON)
    return folder


def _write(file: Path, script: str) -> None:
    file.write_text(script)
    file.chmod(0o755)


def _link(folder: Path, names: Sequence[str]) -> None:
    for name in names:
        (folder / name).symlink_to(_tool(name))


def _tool(name: str) -> str:
    tool = shutil.which(name)
    assert tool is not None, f"{name} is not installed"
    return tool
