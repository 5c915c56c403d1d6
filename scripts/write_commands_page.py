"""Write docs/commands.md: every command, as it describes itself.

`make pages` runs it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from modeldrop.command.app import app
from modeldrop.command.terminal.deployed_stack import StackChoice
from modeldrop.exit_code import MEANING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PAGE = Path(__file__).parent.parent / "docs" / "commands.md"

OPENING = """\
# The commands

`modeldrop` is what you use from a terminal. This page is written from the command itself by
`scripts/write_commands_page.py`, and a test fails where it no longer says what the command does.

- People read stderr. stdout is for programs: with `--json` it is one JSON document and nothing
  else, and where the command fails, that is `{"error": …, "cause": …, "fix": …}`. `logs` writes its
  lines to stdout as well.
- `modeldrop --install-completion` has your shell complete commands, options and the names of
  models; `--show-completion` prints what it would install. `modeldrop --version` says which it is.
"""

EXIT_CODES = "## Exit codes\n\n| Code | |\n|---|---|"

STACK = """\
## Which stack

Every command that works on a stack takes these. Without them it is the one that `sam deploy` made
from here: `stack_name`, `region` and `profile` of the `samconfig.toml` in this folder or the
nearest one above it, the `deploy` section before the `global` one. What is not said there is
boto3's: its credential chain, `AWS_PROFILE`, `AWS_DEFAULT_REGION` and the AWS configuration.
"""

STACK_OPTIONS = frozenset(StackChoice.__dataclass_fields__)

SAMPLES: dict[str, tuple[str, ...]] = {
    "inspect": ("inspect resnet/model.pt", "inspect resnet/model.pt --json"),
    "plan": ("plan resnet/model.pt --name resnet --region eu-west-1",),
    "package": ("package resnet/model.pt -o model.tar.gz",),
    "export": ("export resnet50 --weights DEFAULT -o resnet/model.pt",),
    "status": ("status", "status resnet --json", "status --stack vision --profile ops"),
    "history": ("history resnet",),
    "invoke": (
        "invoke resnet",
        "invoke resnet cat.jpg --top 3",
        "invoke resnet batch.npy --repeat 100 -o answer.npz --json",
    ),
    "bench": ("bench resnet --concurrency 1,4,16 --seconds 10",),
    "logs": (
        "logs resnet --since 15m",
        "logs resnet --follow",
        "logs resnet --deployment",
    ),
    "rollback": ("rollback resnet", "rollback resnet --to 20260801T151224Z --yes --json"),
    "delete": ("delete resnet",),
    "orphans": ("orphans", "orphans --delete --json"),
    "tune": ("tune resnet/model.pt --max-p95-ms 50",),
    "demo": ("demo",),
    "local up": ("local up",),
    "local run": ("local run resnet/model.pt --json",),
}
"""What to type after `modeldrop`, by command; a test holds that each is taken."""


def page() -> str:
    """Give the page as text."""
    codes = "".join(f"\n| {code.value} | {said} |" for code, said in MEANING.items())
    found = dict(commands())
    stack = [each for each in found["status"].params if each.name in STACK_OPTIONS]
    parts = [OPENING, EXIT_CODES + codes + "\n", STACK + "\n" + _options(stack)]
    parts += [_section(name, command) for name, command in found.items()]
    return "\n".join(parts)


def commands() -> Iterator[tuple[str, Any]]:
    """Give every command with its name, those of a group as `local up`."""
    yield from _of_group(typer.main.get_command(app), "")


def _of_group(group: Any, before: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _of_group(command, f"{before}{name} ")
        else:
            yield before + name, command


def _section(name: str, command: Any) -> str:
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    on_stack = any(each.name == "stack" for each in command.params)
    elsewhere = STACK_OPTIONS if on_stack else ()
    own = [
        each
        for each in command.params
        if each.param_type_name == "option" and each.name not in elsewhere
    ]
    usage = " ".join(["modeldrop", name, *map(_placeholder, arguments)])
    parts = [f"## `{usage}`\n", command.help.strip() + "\n"]
    if arguments or own:
        parts.append(_options([*arguments, *own]))
    if on_stack:
        parts.append("And those of [which stack](#which-stack).\n")
    if name in SAMPLES:
        lines = "\n".join(f"    modeldrop {each}" for each in SAMPLES[name])
        parts.append(f"{lines}\n")
    return "\n".join(parts)


def _options(params: Iterable[Any]) -> str:
    rows = "".join(f"\n| {_written(each)} | {_said(each)} |" for each in params)
    return f"| Option | |\n|---|---|{rows}\n"


def _placeholder(argument: Any) -> str:
    name = (argument.metavar or argument.name).upper()
    return name if argument.required else f"[{name}]"


def _written(param: Any) -> str:
    if param.param_type_name == "argument":
        name = (param.metavar or param.name).upper().replace("|", "\\|")
        return f"`{name}`"
    names = ", ".join(f"`{each}`" for each in (*param.opts, *param.secondary_opts))
    return names if param.is_flag else f"{names} …"


def _said(param: Any) -> str:
    said = (param.help or "").replace("|", "\\|")
    shown = getattr(param, "show_default", False)
    if isinstance(shown, str):
        return f"{said} Default: `{shown}`."
    flag = getattr(param, "is_flag", False)
    if param.default is None or flag or param.required:
        return f"{said} Required." if param.required else said
    return f"{said} Default: `{param.default}`."


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
