"""`modeldrop local`: the local cloud, with the stack deployed to it."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from modeldrop.api.stack import NOT_RUNNING, local_command, on_cloud
from modeldrop.command import local_inbox, local_status
from modeldrop.command.drop import Labels, Sample, checked_drop, upload_and_find
from modeldrop.command.inspect import File, Name, Spec
from modeldrop.command.terminal.deployed_stack import StackChoice
from modeldrop.command.terminal.following import follow_and_report
from modeldrop.command.terminal.printable import printable
from modeldrop.command.terminal.screen import console, print_json, rejection_as_json
from modeldrop.errors import CommandError, UsageError
from modeldrop.interruption import announce
from modeldrop.local import cloud, cloud_state, shell_exports, snapshot, tools
from modeldrop.local.inbox import NEWEST, read_inbox
from modeldrop.local.ministack.process import REGION
from modeldrop.local.run import PARAMETERS
from modeldrop.local.shell_exports import Shell
from modeldrop.stack.parameters import StackParameters
from modeldrop.stack.template import read_parameters

if TYPE_CHECKING:
    from modeldrop.local.cloud_state import EmbeddedCloud

app = typer.Typer(help="Run the stack on this computer, without AWS.", no_args_is_help=True)

Home = Annotated[
    Path,
    typer.Option(
        help="Folder of the local cloud. Each folder holds one. Default: .local",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Write one JSON document to stdout.")]
ShellChoice = Annotated[Shell, typer.Option(help="Shell syntax; sh works for bash and zsh.")]

SETTINGS = cloud_state.Settings(parameters=PARAMETERS)

OWN_CLOUD_STOPPED = "Interrupted. The local cloud was stopped, and the deployment with it."


def print_progress(line: str) -> None:
    """Print a progress message."""
    console.print(Text(line, "dim"))


@app.command()
def up(home: Home = tools.DEFAULT_HOME, as_json: Json = False) -> None:
    """Start the local cloud with the stack deployed. It runs until `modeldrop local down`."""
    if cloud_state.find(home) is None:
        announce("Interrupted. The local cloud was stopped again.")
    else:
        again = local_command("up", home)
        announce(f"Interrupted. The local cloud keeps running. Repeat: {again}")
    started = cloud.up(home, SETTINGS, progress=print_progress)
    _show(started, as_json=as_json)


@app.command()
def down(home: Home = tools.DEFAULT_HOME, as_json: Json = False) -> None:
    """Stop the local cloud and remove its files, except its logs."""
    again = local_command("down", home)
    announce(f"Interrupted while stopping the local cloud. Repeat: {again}")
    stopped = cloud.down(home)
    if as_json:
        print_json({"stopped": stopped})
    console.print("Stopped." if stopped else "The local cloud is not running.")


@app.command()
def status(home: Home = tools.DEFAULT_HOME, as_json: Json = False) -> None:
    """Show processes, models and recent deployments.

    Exit code 0: the local cloud is running; 1: it is not.
    """
    if as_json and cloud_state.find(home) is None:
        print_json({"up": False})
    state = snapshot.take(_running(home))
    if as_json:
        print_json(local_status.document(state))
    else:
        local_status.show(state, datetime.now(UTC))


@app.command()
def inbox(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="Only notifications of this model. Default: all."),
    ] = None,
    show: Annotated[
        int | None,
        typer.Option("--show", min=1, metavar="N", help="Show the text of number N; 1 is newest."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Number of notifications.")] = NEWEST,
    home: Home = tools.DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """List the notifications that the local cloud has sent, or show one as an email."""
    running = _running(home)
    received = read_inbox(
        running.session(), running.outputs, model=name, most=max(limit, show or 0)
    )
    if show is not None and show > len(received):
        raise UsageError(f"The inbox has {len(received)} notifications.")
    if as_json:
        print_json(local_inbox.document(received if show is None else [received[show - 1]]))
    elif show is not None:
        local_inbox.show_text(received[show - 1])
    else:
        command = local_command("inbox", home, *([name] if name else []))
        local_inbox.show_list(received, datetime.now(UTC), command)


@app.command()
def env(
    home: Home = tools.DEFAULT_HOME, shell: ShellChoice = Shell.SH, as_json: Json = False
) -> None:
    """Print the environment for AWS tools: eval "$(modeldrop local env)".

    In fish: modeldrop local env --shell fish | source. Exit code 1: the local cloud is not running.
    """
    variables, unset = shell_exports.settings(_running(home).environment(), os.environ)
    if as_json:
        print_json({"environment": variables, "unset": unset})
    else:
        sys.stdout.write(shell_exports.script(variables, unset, shell))


@app.command()
def logs(
    part: Annotated[
        str, typer.Argument(metavar="PART", help="ministack, sagemaker, sam-deploy, …")
    ] = "sagemaker",
    lines: Annotated[int, typer.Option(min=1, help="Number of lines.")] = 50,
    home: Home = tools.DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Print the last lines of a log file of the local cloud.

    The logs of functions and models are in CloudWatch Logs: modeldrop logs, aws logs.
    """
    folder = home / "logs"
    known = sorted(file.stem for file in folder.glob("*.log"))
    if part not in known:
        available = ", ".join(known) if known else "none"
        raise UsageError(f'No log "{part}" in {folder}. Available: {available}.')
    file = folder / f"{part}.log"
    last_lines = file.read_text(errors="replace").splitlines()[-lines:]
    if as_json:
        print_json({"file": str(file), "lines": last_lines})
    else:
        sys.stdout.writelines(f"{printable(line)}\n" for line in last_lines)


@app.command("run")
def run_command(
    file: File,
    name: Name = None,
    spec: Spec = None,
    sample: Sample = None,
    labels: Labels = None,
    home: Home = tools.DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Deploy FILE on this computer and show the result.

    Uses the local cloud if it runs; otherwise starts one and stops it at the end. Exit code 0: the
    deployment SUCCEEDED; 1: it failed; 2: nothing was uploaded; 130: Ctrl-C.
    """
    announce("Interrupted. Nothing was uploaded.")
    with rejection_as_json(as_json):
        parameters = StackParameters.of(read_parameters(), REGION, SETTINGS.parameters)
        ready, _ = checked_drop(file, name, spec, sample, labels, stack=parameters)
    if cloud_state.find(home) is None:
        resume_command, next_commands = None, {}
        announce(OWN_CLOUD_STOPPED)
    else:
        chosen = StackChoice(local=True, home=home)
        resume_command = chosen.command("watch", ready.name)
        next_commands = chosen.next_commands(ready.name)
    with cloud.running(home, SETTINGS, progress=print_progress) as running:
        stack = on_cloud(running)
        _, arn = upload_and_find(stack, ready, resume_command)
        follow_and_report(
            stack.session,
            arn,
            resume_command=resume_command,
            next_commands=next_commands,
            as_json=as_json,
        )


def _running(home: Path) -> EmbeddedCloud:
    """Return the running cloud.

    Raises:
        CommandError: it is not running.
    """
    running = cloud_state.find(home)
    if running is None:
        raise CommandError(NOT_RUNNING, f"Start it with: {local_command('up', home)}")
    return running


def _show(running: EmbeddedCloud, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "up": True,
                "home": str(running.home),
                "aws_url": running.aws_url,
                "sagemaker_url": running.sagemaker_url,
                "status_page": running.page_url,
                "outputs": running.outputs,
                "environment": dict(running.environment()),
            }
        )
        return
    console.print(f"AWS and SageMaker: {running.aws_url}")
    console.print(f"Status page: {running.page_url}\n")
    console.print_rows(running.outputs.items())
    is_default = running.home == tools.DEFAULT_HOME.resolve()
    env = local_command("env", tools.DEFAULT_HOME if is_default else running.home)
    console.print(f'\nTo use it with AWS tools: eval "$({env})", that is')
    variables, unset = shell_exports.settings(running.environment(), os.environ)
    console.print(shell_exports.script(variables, unset, Shell.SH), soft_wrap=True)
