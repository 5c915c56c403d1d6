"""`modeldrop local`: the embedded cloud, with the stack deployed on it."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modeldrop.command import local_status
from modeldrop.command.drop import (
    File,
    Labels,
    Name,
    Sample,
    Spec,
    judged,
    upload_and_find,
    watch_command,
)
from modeldrop.command.terminal.deployed_stack import StackChoice, on_cloud
from modeldrop.command.terminal.following import follow_and_tell
from modeldrop.command.terminal.screen import give, people, rejection_as_json
from modeldrop.errors import UsageError
from modeldrop.local import cloud, shell_exports, snapshot
from modeldrop.local.ministack.process import REGION
from modeldrop.local.run import PARAMETERS
from modeldrop.local.shell_exports import Shell
from modeldrop.stack.parameters import StackParameters
from modeldrop.stack.template import read_template

if TYPE_CHECKING:
    from modeldrop.local.cloud import EmbeddedCloud

app = typer.Typer(help="The embedded cloud, on this computer alone.", no_args_is_help=True)

Home = Annotated[
    Path,
    typer.Option(help="The embedded cloud's folder; several can be up.", show_default=".local"),
]
Json = Annotated[bool, typer.Option("--json", help="Write one JSON document to stdout.")]
ShellChoice = Annotated[Shell, typer.Option(help="Whose syntax; sh fits bash and zsh.")]

SETTINGS = cloud.Settings(parameters=PARAMETERS)


def say(line: str) -> None:
    """Tell a person what is going on."""
    people.print(f"[dim]{line}[/dim]")


@app.command()
def up(home: Home = cloud.DEFAULT_HOME, as_json: Json = False) -> None:
    """Have the embedded cloud up, with the stack deployed; it stays."""
    started = cloud.up(home, SETTINGS, progress=say)
    _tell(started, as_json=as_json)


@app.command()
def down(home: Home = cloud.DEFAULT_HOME, as_json: Json = False) -> None:
    """Stop the embedded cloud, and remove what it wrote but its logs."""
    stopped = cloud.down(home)
    if as_json:
        give({"stopped": stopped})
    people.print("Stopped." if stopped else "No embedded cloud is up there.")


@app.command()
def status(home: Home = cloud.DEFAULT_HOME, as_json: Json = False) -> None:
    """Say what runs: processes, models, last deployments. Exit code 0: it is up; 1: it is not."""
    found = _found(home, {"up": False} if as_json else None)
    seen = snapshot.take(found)
    if as_json:
        give(local_status.document(seen))
    else:
        local_status.show(seen, datetime.now(UTC))


@app.command()
def env(
    home: Home = cloud.DEFAULT_HOME, shell: ShellChoice = Shell.SH, as_json: Json = False
) -> None:
    """Print what points AWS tools at it: eval "$(modeldrop local env)". Exit code 1: it is not up.

    In fish: modeldrop local env --shell fish | source
    """
    wanted, unset = shell_exports.settings(_found(home).environment(), os.environ)
    if as_json:
        give({"environment": wanted, "unset": unset})
    else:
        sys.stdout.write(shell_exports.script(wanted, unset, shell))


@app.command()
def logs(
    part: Annotated[str, typer.Argument(help="ministack, sagemaker, sam-deploy, …")] = "sagemaker",
    lines: Annotated[int, typer.Option(min=1, help="How many of the last lines.")] = 50,
    home: Home = cloud.DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Print the end of a log file of the embedded cloud; they stay when it is down.

    Those of the functions and the models are in CloudWatch Logs: modeldrop logs, aws logs.
    """
    folder = home / "logs"
    known = sorted(file.stem for file in folder.glob("*.log"))
    if part not in known:
        have = f"It has {', '.join(known)}." if known else "It has none."
        raise UsageError(f"There is no log {part!r} in {folder}. {have}")
    file = folder / f"{part}.log"
    shown = file.read_text(errors="replace").splitlines()[-lines:]
    if as_json:
        give({"file": str(file), "lines": shown})
    else:
        sys.stdout.writelines(f"{line}\n" for line in shown)


@app.command("run")
def run_command(
    file: File,
    name: Name = None,
    spec: Spec = None,
    sample: Sample = None,
    labels: Labels = None,
    home: Home = cloud.DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Drop FILE, follow its deployment, tell its result: `modeldrop drop FILE --local`.

    Uses the embedded cloud that is up, else one that lasts as long as the command. Exit code 0:
    the deployment SUCCEEDED; 1: it did not; 2: it could not be dropped; 130: Ctrl-C.
    """
    with rejection_as_json(as_json):
        stack = StackParameters.of(read_template(), REGION, SETTINGS.parameters)
        chosen = judged(file, name, spec, sample, labels, stack=stack)
    stays = cloud.find(home) is not None
    come_back = watch_command(chosen.name, StackChoice(local=True, home=home)) if stays else None
    with cloud.running(home, SETTINGS, progress=say) as running:
        found = on_cloud(running)
        _, arn = upload_and_find(found, chosen, come_back)
        follow_and_tell(found.session, arn, come_back=come_back, as_json=as_json)


def _found(home: Path, otherwise: object = None) -> EmbeddedCloud:
    """The cloud that is up; else say so, give `otherwise` to programs, and exit with 1."""
    found = cloud.find(home)
    if found is None:
        if otherwise is not None:
            give(otherwise)
        people.print("No embedded cloud is up there. Start one with: modeldrop local up")
        raise typer.Exit(1)
    return found


def _tell(running: EmbeddedCloud, *, as_json: bool) -> None:
    if as_json:
        give(
            {
                "up": True,
                "home": str(running.home),
                "aws_url": running.aws_url,
                "sagemaker_url": running.sagemaker_url,
                "outputs": running.outputs,
                "environment": dict(running.environment()),
            }
        )
        return
    people.print(f"AWS, SageMaker as well, and a status page: {running.aws_url}\n")
    for name, value in running.outputs.items():
        people.print(f"{name:<28}{value}", soft_wrap=True)
    elsewhere = f" --home {running.home}" if running.home != cloud.DEFAULT_HOME.resolve() else ""
    people.print(f'\nTo point AWS tools at it: eval "$(modeldrop local env{elsewhere})", which is')
    wanted, unset = shell_exports.settings(running.environment(), os.environ)
    people.print(shell_exports.script(wanted, unset, Shell.SH), markup=False, soft_wrap=True)
