"""Write docs/commands.md from the help of the commands.

`make pages` runs it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from modeldrop.command.app import app
from modeldrop.command.examples import EXAMPLES
from modeldrop.command.terminal.deferred_command import DeferredCommand
from modeldrop.command.terminal.deployed_stack import StackChoice
from modeldrop.exit_code import MEANING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PAGE = Path(__file__).parent.parent / "docs" / "commands.md"

OPENING = """\
# The commands

`scripts/write_commands_page.py` generates this page from the command's own help.

- Messages go to stderr. With `--json`, stdout is one JSON document; if the command fails, it is
  `{"error": …, "cause": …, "fix": …}`. `logs` writes its lines to stdout, too.
- Ctrl-C and SIGTERM print one sentence: what continues, what was stopped, and how to resume. With
  `--json`, the document has `"error": "Interrupted"` and often a `resume_command`.
- `modeldrop --install-completion` installs shell completion for commands, options and model names;
  `--show-completion` prints the script. `modeldrop --version` shows the version.
"""

EXIT_CODES = "## Exit codes\n\n| Code | |\n|---|---|"

STACK = """\
## The stack

Every command that uses a stack accepts these options. The defaults are `stack_name`, `region` and
`profile` in the `samconfig.toml` of this folder or the nearest folder above; the `deploy` section
precedes the `global` one. After that, the defaults of boto3 apply: its credential chain,
`AWS_PROFILE`, `AWS_DEFAULT_REGION` and the AWS configuration.
"""

STACK_OPTIONS = frozenset(StackChoice.__dataclass_fields__)


def page() -> str:
    """Return the page as text."""
    codes = "".join(f"\n| {code.value} | {text} |" for code, text in MEANING.items())
    found = dict(commands())
    stack = [each for each in found["status"].params if each.name in STACK_OPTIONS]
    parts = [OPENING, EXIT_CODES + codes + "\n", STACK + "\n" + _options(stack)]
    parts += [_section(name, command) for name, command in found.items()]
    return "\n".join(parts)


def commands() -> Iterator[tuple[str, Any]]:
    """Yield every command with its name, such as `local up`."""
    yield from _of_group(typer.main.get_command(app), "")


def _of_group(group: Any, before: str) -> Iterator[tuple[str, Any]]:
    for name, each in group.commands.items():
        command = each.load() if isinstance(each, DeferredCommand) else each
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
        parts.append("Plus the options of [the stack](#the-stack).\n")
    if name in EXAMPLES:
        lines = "\n".join(f"    modeldrop {each}" for each in EXAMPLES[name])
        parts.append(f"{lines}\n")
    return "\n".join(parts)


def _options(params: Iterable[Any]) -> str:
    rows = "".join(f"\n| {_written(each)} | {_description(each)} |" for each in params)
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


def _description(param: Any) -> str:
    text = (param.help or "").replace("|", "\\|")
    shown = getattr(param, "show_default", False)
    if isinstance(shown, str):
        return f"{text} Default: `{shown}`."
    flag = getattr(param, "is_flag", False)
    unshown = flag or shown is False
    if param.default is None or unshown or param.required:
        return f"{text} Required." if param.required else text
    return f"{text} Default: `{param.default}`."


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
