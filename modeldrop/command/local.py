"""`modeldrop local`: the embedded cloud, with the stack deployed on it."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from modeldrop.command import local_status
from modeldrop.command.progress import SILENT_SECONDS, progress
from modeldrop.command.screen import give, people
from modeldrop.drop import Drop, check, model_name_for
from modeldrop.local import cloud, exports, workbench
from modeldrop.local.exports import Shell
from modeldrop.local.run import PARAMETERS, run
from modeldrop.mistake import Mistake

if TYPE_CHECKING:
    from modeldrop.local.cloud import EmbeddedCloud
    from modeldrop.notification_queue import Published

app = typer.Typer(help="The embedded cloud, on this computer alone.", no_args_is_help=True)

Home = Annotated[Path, typer.Option(help="The embedded cloud's folder; several can be up.")]
Json = Annotated[bool, typer.Option("--json", help="Write one JSON document to stdout.")]
ShellChoice = Annotated[Shell, typer.Option(help="Whose syntax; sh fits bash and zsh.")]

SETTINGS = cloud.Settings(parameters=PARAMETERS)


def say(line: str) -> None:
    """Tell a person what is going on."""
    people.print(f"[dim]{line}[/dim]")


@app.command()
def up(home: Home = cloud.DEFAULT_HOME, as_json: Json = False) -> None:
    """Have the embedded cloud up, with the stack deployed; it stays."""
    started = cloud.up(home, SETTINGS, say=say)
    _tell(started, as_json=as_json)


@app.command()
def down(home: Home = cloud.DEFAULT_HOME) -> None:
    """Stop the embedded cloud, and remove what it wrote but its logs."""
    people.print("Stopped." if cloud.down(home) else "No embedded cloud is up there.")


@app.command()
def status(home: Home = cloud.DEFAULT_HOME, as_json: Json = False) -> None:
    """Say what runs: processes, models, last deployments. Exit code 0: it is up; 1: it is not."""
    found = _found(home, {"up": False} if as_json else None)
    seen = workbench.look(found)
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
    wanted, unset = exports.settings(_found(home).environment(), os.environ)
    if as_json:
        give({"environment": wanted, "unset": unset})
    else:
        sys.stdout.write(exports.script(wanted, unset, shell))


@app.command()
def logs(
    part: Annotated[str, typer.Argument(help="ministack, sagemaker, sam-deploy, …")] = "sagemaker",
    lines: Annotated[int, typer.Option(min=1, help="How many of the last lines.")] = 50,
    home: Home = cloud.DEFAULT_HOME,
) -> None:
    """Print the end of a log file of the embedded cloud; they stay when it is down.

    Those of the functions and the models are in CloudWatch Logs: modeldrop logs, aws logs.
    """
    folder = home / "logs"
    known = sorted(file.stem for file in folder.glob("*.log"))
    if part not in known:
        have = f"It has {', '.join(known)}." if known else "It has none."
        raise Mistake(f"There is no log {part!r} in {folder}. {have}")
    text = (folder / f"{part}.log").read_text(errors="replace")
    sys.stdout.writelines(f"{line}\n" for line in text.splitlines()[-lines:])


@app.command("run")
def run_command(
    file: Annotated[Path, typer.Argument(help="The model file to drop.")],
    name: Annotated[str | None, typer.Option(help="The model's name; else the file's.")] = None,
    spec: Annotated[Path | None, typer.Option(help="deploy.yaml to drop beside it.")] = None,
    sample: Annotated[Path | None, typer.Option(help="Folder of the golden sample.")] = None,
    home: Home = cloud.DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Drop FILE, follow its deployment, print the notification.

    Uses the embedded cloud that is up, else one that lasts as long as the command. Exit code 0:
    the deployment SUCCEEDED; 1: it did not; 2: it could not be dropped.
    """
    drop = Drop(name or model_name_for(file), file, spec, sample)
    check(drop)
    with cloud.running(home, SETTINGS, say=say) as running, progress() as watch:
        published = run(running, drop, watch).notification
    if as_json:
        give(published.content)
    else:
        show(published)
    raise typer.Exit(0 if published.content["status"] == "SUCCEEDED" else 1)


def show(published: Published) -> None:
    """Print what a notification says to people, and the time that each state took."""
    people.print(f"\n[bold]{published.subject}[/bold]")
    people.print(published.words, markup=False)
    times = Table("state", "seconds", box=None)
    for state, seconds in published.content["timings"].items():
        if seconds >= SILENT_SECONDS:
            times.add_row(state, f"{seconds:.1f}")
    people.print(times)


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
    wanted, unset = exports.settings(running.environment(), os.environ)
    people.print(exports.script(wanted, unset, Shell.SH), markup=False, soft_wrap=True)
