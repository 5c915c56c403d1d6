"""`modeldrop local`: the embedded cloud, with the stack deployed on it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modeldrop.command.deployed_stack import DeployedStack, StackChoice
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
from modeldrop.command.following import follow_and_tell
from modeldrop.command.screen import give, people, rejection_as_json
from modeldrop.local import cloud
from modeldrop.local.run import PARAMETERS

if TYPE_CHECKING:
    from modeldrop.local.cloud import EmbeddedCloud

app = typer.Typer(help="The embedded cloud, on this computer alone.", no_args_is_help=True)

Home = Annotated[
    Path,
    typer.Option(help="The embedded cloud's folder; several can be up.", show_default=".local"),
]
Json = Annotated[bool, typer.Option("--json", help="Write one JSON document to stdout.")]

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
    """Say what runs. Exit code 0: it is up; 1: it is not."""
    found = cloud.find(home)
    if found is None:
        if as_json:
            give({"up": False})
        people.print("No embedded cloud is up there. Start one with: modeldrop local up")
        raise typer.Exit(1)
    _tell(found, as_json=as_json)


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
        chosen = judged(file, name, spec, sample, labels)
    stays = cloud.find(home) is not None
    come_back = watch_command(chosen.name, StackChoice(local=True, home=home)) if stays else None
    with cloud.running(home, SETTINGS, say=say) as running:
        found = DeployedStack(running.session(), running.outputs)
        _, arn = upload_and_find(found, chosen, come_back)
        follow_and_tell(found.session, arn, come_back=come_back, as_json=as_json)


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
    people.print(f"AWS        {running.aws_url}\nSageMaker  {running.sagemaker_url}")
    for name, value in running.outputs.items():
        people.print(f"{name:<28}{value}")
    people.print("\nTo point other AWS tools at it:")
    for name, value in running.environment().items():
        people.print(f"export {name}={value}", soft_wrap=True)
